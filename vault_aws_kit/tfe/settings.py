"""Where Terraform Enterprise is and how to reach it, found as Terraform's own tools find it.

Sources: the `cloud` block's TF_CLOUD_HOSTNAME
(https://developer.hashicorp.com/terraform/cli/cloud/settings#environment-variables), the tfe provider's TFE_HOSTNAME
and TFE_TOKEN, and TFE_ADDRESS of HashiCorp's client libraries.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from vault_aws_kit.errors import SettingsInvalid

DEFAULT_HOST = "app.terraform.io"
HOST_VARIABLES = ("TFE_ADDRESS", "TFE_HOSTNAME", "TF_CLOUD_HOSTNAME")
CA_VARIABLES = ("TFE_CA_BUNDLE", "SSL_CERT_FILE")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class TfeSettings:
    """All that decides how the server is reached; the token is no part of it.

    `host` is as Terraform compares hosts: lower case, punycode, without the port 443. `ca_bundle` is a file or folder
    of certificates to trust instead of the public ones, '' for those.
    """

    address: str
    host: str
    ca_bundle: str = ""

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None, *, host: str = "", ca: str = "") -> TfeSettings:
        """Settings from the environment; what is given by name comes first. Raises SettingsInvalid."""
        env = os.environ if env is None else env
        name = "--host" if host else next((name for name in HOST_VARIABLES if env.get(name)), "")
        given = host or env.get(name) or DEFAULT_HOST
        ca_name = "--ca-bundle" if ca else next((name for name in CA_VARIABLES if env.get(name)), "")
        address = _address(given, name)
        return cls(address, _host_of(address), _readable(ca or env.get(ca_name, ""), ca_name))


def comparable(host: str) -> str:
    """A host as Terraform compares it: lower case, punycode, 443 left out. Raises ValueError for what is no host.

    Source: ForComparison of https://github.com/hashicorp/terraform-svchost
    """
    parts = urlsplit(f"//{host.strip()}")
    name = parts.hostname or ""
    port = f":{parts.port}" if parts.port not in (None, 443) else ""
    if not name or parts.netloc.rpartition("@")[0] or parts.path or parts.query or parts.fragment:
        raise ValueError(f"{host!r} is no host")
    if ":" in name:
        return f"[{name}]{port}"
    return name.encode("idna").decode("ascii").lower() + port  # UnicodeError is a ValueError


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _address(given: str, name: str) -> str:
    """The URL of what may be one or a host alone."""
    url = given if "://" in given else f"https://{given}"
    try:
        parts = urlsplit(url)
        host = comparable(parts.netloc)
    except ValueError:
        raise _no_address(given, name) from None
    if parts.scheme not in ("http", "https") or parts.path.rstrip("/") or parts.query or parts.fragment:
        raise _no_address(given, name)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise SettingsInvalid(
            f"{name} is {given}: without TLS everybody on the way could read the token and the credentials.",
            hint="Give an address that begins with https://.",
        )
    return f"{parts.scheme}://{host}"


def _no_address(given: str, name: str) -> SettingsInvalid:
    return SettingsInvalid(
        f"{name} is {given!r}, which is no address of a Terraform Enterprise.",
        hint="Give its host, such as tfe.example.com, or https://tfe.example.com.",
    )


def _host_of(address: str) -> str:
    return comparable(urlsplit(address).netloc)


def _readable(path: str, name: str) -> str:
    if path and not os.access(path, os.R_OK):
        raise SettingsInvalid(
            f"{name} names {path}, which is not there or can't be read.", hint=f"Correct or leave out {name}."
        )
    return path
