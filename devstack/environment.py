"""Which variables a process gets: the caller's Vault, AWS and Terraform settings never reach a stack.

There are two kinds of process. What belongs to a stack must not see the caller's VAULT_*, BAO_*, AWS_*, TF_* and proxy
variables. What downloads must not see the stack's proxy, but does need the caller's: it may be the only way out.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

FOREIGN = ("VAULT_", "BAO_", "AWS_", "TF_", "TERRAFORM_", "TFC_", "TFE_")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
STACK = "VAULT_AWS_KIT_STACK"  # a stack's folder, where its `env` was sourced
OURS = ("VAULT_AWS_KIT_CACHE", "VAULT_AWS_KIT_PLUGIN_DIR", "VAULT_AWS_KIT_TEST_SERVER")
IMAGES = ("VAULT_AWS_KIT_VAULT_IMAGE", "VAULT_AWS_KIT_VAULT_COMMAND", "VAULT_AWS_KIT_AWS_IMAGE")

# Where Terraform and OpenTofu fetch providers and modules from. The stack's proxy answers for AWS alone.
REGISTRIES = (
    "registry.terraform.io",
    "releases.hashicorp.com",
    "checkpoint-api.hashicorp.com",
    "registry.opentofu.org",
    "get.opentofu.org",
    "github.com",
    "objects.githubusercontent.com",
    "release-assets.githubusercontent.com",
)
NO_PROXY = ",".join(("127.0.0.1", "localhost", "::1", *REGISTRIES))

# What a shell may hold that would win over, or mix with, what the stack sets.
RIVALS = (
    "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL",
    "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "VAULT_NAMESPACE", "VAULT_CACERT", "VAULT_CAPATH", "VAULT_SKIP_VERIFY", "VAULT_TLS_SERVER_NAME",
    "VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY", "VAULT_PROXY_ADDR", "VAULT_HTTP_PROXY", "VAULT_AGENT_ADDR",
    "BAO_ADDR", "BAO_TOKEN", "BAO_NAMESPACE", "BAO_CACERT", "BAO_CAPATH", "BAO_SKIP_VERIFY", "BAO_AGENT_ADDR",
    "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS", "TF_REATTACH_PROVIDERS",
)  # fmt: skip


def is_foreign(name: str) -> bool:
    """Whether a variable steers Vault, AWS or Terraform, or is a proxy: none of the caller's belongs in a stack."""
    if name in OURS or name in IMAGES:
        return False
    return name.startswith(FOREIGN) or name.upper() in PROXIES


def without_foreign(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for what belongs to a stack."""
    return {name: value for name, value in environ.items() if not is_foreign(name)}


def for_downloads(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for what downloads and builds: the caller's proxies stay, those of a sourced stack don't."""
    if STACK in environ:
        return without_foreign(environ)
    return {n: v for n, v in environ.items() if not is_foreign(n) or n.upper() in PROXIES}


def proxied(proxy: str) -> dict[str, str]:
    """The proxy variables in both spellings: curl reads the small ones only, Go and Python either."""
    return {"HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": NO_PROXY, "no_proxy": NO_PROXY}


def as_shell(exports: Mapping[str, str], *folders: Path) -> str:
    """A text that `sh` can source; the folders come before the shell's own PATH."""
    lines = ["# Made by `python -m devstack up`; use it with:  . THIS_FILE", f"unset {' '.join(RIVALS)}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    lines += [f'export PATH={shlex.quote(":".join(map(str, folders)))}:"$PATH"'] if folders else []
    return "\n".join(lines) + "\n"


def from_shell(text: str, path: str) -> dict[str, str]:
    """The exports of such a text in a shell whose PATH is `path`."""
    words = (line.removeprefix("export ") for line in text.splitlines() if line.startswith("export "))
    pairs = (shlex.split(word)[0].partition("=") for word in words)
    exports = {name: value.replace("$PATH", path) if name == "PATH" else value for name, _, value in pairs}
    return {"PATH": path, **exports}
