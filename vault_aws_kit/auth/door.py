"""Requests that need no token, as logins are.

Vault's connection explains a refusal by what the token may do. Here there is none, so Vault's own words are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vault_aws_kit.errors import KitError, VaultFailed, VaultRefused, VaultSealed

if TYPE_CHECKING:
    from vault_aws_kit.transport import Response
    from vault_aws_kit.vault import Body, Vault

LONGEST = 500  # characters of what a server says that are worth telling


def knock(vault: Vault, path: str, body: Body | None = None, query: Mapping[str, str] | None = None) -> Body:
    """Vault's answer: to a POST of `body`, or to a GET with `query`.

    Raises VaultRefused, whose `said` is what Vault said; VaultFailed, VaultSealed, and what the way to Vault raises.
    """
    response = vault.exchange("GET" if body is None else "POST", path, body, query)
    if response.ok:
        return _object(response)
    raise _error(vault, path, response)


def told(text: str) -> str:
    """What somebody else said, on one line and with nothing that steers a terminal or a CI system's log."""
    line = " ".join(text.split())
    return "".join(sign for sign in line if sign.isprintable())[:LONGEST].rstrip(".")


def _error(vault: Vault, path: str, response: Response) -> KitError:
    words = _object(response).get("errors") or []
    said = told("; ".join(map(str, words))) or response.reason or f"HTTP {response.status}"
    if response.status == 503 and "sealed" in said.lower():  # noqa: PLR2004
        return VaultSealed(f"Vault at {vault.settings.address} is sealed.", hint="Unseal it: `vault operator unseal`.")
    if response.status >= 500 or response.status == 429:  # noqa: PLR2004
        return VaultFailed(f"Vault failed on {path}: {said}.", hint="Try again; Vault's log says more.", said=said)
    return VaultRefused(f"Vault refuses {path}: {said}.", said=said)


def _object(response: Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
