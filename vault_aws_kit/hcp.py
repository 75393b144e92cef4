"""The variables by which HCP Terraform and Terraform Enterprise get a run's AWS credentials from Vault. Pure.

Source: https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials, the pages
vault-configuration, vault-backed/aws-configuration and specifying-multiple-configurations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Variables: TypeAlias = Mapping[str, str]

HOST = "app.terraform.io"
AUDIENCE = "vault.workload.identity"
TYPES = ("iam_user", "assumed_role", "federation_token")
"""The types of roles that its agents know."""

_VAULT_AUTH = "TFC_VAULT_PROVIDER_AUTH"
_BACKED = "TFC_VAULT_BACKED_AWS"
_DYNAMIC = re.compile(rf"(?:TFC_AWS_PROVIDER|{_BACKED})_AUTH(?:_(?P<tag>[A-Z0-9_]+))?")
_TAG = re.compile(r"[A-Z0-9_]+")
_RESERVED = re.compile(r"TYPE(_.*)?")  # AUTH with the tag TYPE is AUTH_TYPE


@dataclass(frozen=True)
class Phased:
    """What may differ between a run's plan and its apply."""

    plan: str
    apply: str

    @classmethod
    def both(cls, value: str) -> Phased:
        return cls(value, value)

    @property
    def split(self) -> bool:
        return self.plan != self.apply

    def variables(self, prefix: str, what: str, tag: str = "") -> dict[str, str]:
        """One variable for the whole run, or one for each of its phases."""
        end = f"{what}_{tag}" if tag else what
        if not self.split:
            return {f"{prefix}_RUN_{end}": self.plan}
        return {f"{prefix}_PLAN_{end}": self.plan, f"{prefix}_APPLY_{end}": self.apply}


NOTHING = Phased("", "")


@dataclass(frozen=True)
class VaultLogin:
    """How a workspace's runs find Vault and log in there: `role` are JWT roles, `ca_base64` a PEM in base64."""

    address: str
    role: Phased
    namespace: str = ""
    mount: str = ""
    audience: str = ""
    ca_base64: str = ""

    def variables(self) -> dict[str, str]:
        optional = {
            "TFC_VAULT_AUTH_PATH": self.mount,
            "TFC_VAULT_WORKLOAD_IDENTITY_AUDIENCE": self.audience,
            "TFC_VAULT_ENCODED_CACERT": self.ca_base64,
        }
        return {
            _VAULT_AUTH: "true",
            "TFC_VAULT_ADDR": self.address,
            **({"TFC_VAULT_NAMESPACE": self.namespace} if self.namespace else {}),
            **self.role.variables("TFC_VAULT", "ROLE"),
            **{name: value for name, value in optional.items() if value},
        }


@dataclass(frozen=True)
class AwsProvider:
    """The credentials of one AWS provider; `tag` is '' for the default one, `arn` for assumed_role alone.

    Type and mount are the same in both phases: there is one variable for each.
    """

    tag: str
    type: str
    mount: str
    role: Phased
    arn: Phased = NOTHING
    sleep: int = 0
    """Seconds that a run waits for AWS to know a new IAM user."""

    def variables(self) -> dict[str, str]:
        return {
            self._name("AUTH"): "true",
            self._name("AUTH_TYPE"): self.type,
            self._name("MOUNT_PATH"): self.mount,
            **self.role.variables(_BACKED, "VAULT_ROLE", self.tag),
            **(self.arn.variables(_BACKED, "ROLE_ARN", self.tag) if self.type == "assumed_role" else {}),
            **({self._name("SLEEP_SECONDS"): str(self.sleep)} if self.sleep else {}),
        }

    def _name(self, what: str) -> str:
        return f"{_BACKED}_{what}" + (f"_{self.tag}" if self.tag else "")


def is_dynamic(key: str) -> bool:
    """Whether by a variable runs get AWS credentials of their own, from AWS or from Vault, for a provider of any tag.

    Variables named AWS_… would spoil them.
    """
    found = _DYNAMIC.fullmatch(key)
    return found is not None and not _RESERVED.fullmatch(found["tag"] or "")


def is_switch(key: str) -> bool:
    """Whether a variable turns the rest on: it is set last, and goes first."""
    return key.startswith((_VAULT_AUTH, f"{_BACKED}_AUTH")) and "_AUTH_TYPE" not in key


def tag_of(alias: str) -> str:
    """What the variables call a provider's alias."""
    return alias.upper().replace("-", "_")


def tag_fault(tags: Sequence[str]) -> str:
    """What is wrong with these tags ('' is the default provider's), '' where nothing is."""
    for tag in tags:
        if tag and not _TAG.fullmatch(tag):
            return f"{tag!r} is no tag: it takes letters, digits and underscores."
        if _RESERVED.fullmatch(tag):
            return f"The tag {tag!r} is reserved: its variables would be those of another."
        if tags.count(tag) > 1:
            return f"Two of these providers would be called {tag}." if tag else "There are two default providers."
    return ""
