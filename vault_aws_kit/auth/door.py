"""Requests that need no token, as logins are.

Vault's connection explains a refusal by what the token may do. Here there is none, so Vault's own words are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from vault_aws_kit.errors import KitError, VaultFailed, VaultRefused, VaultSealed, VaultUnreachable

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault

LONGEST = 500  # characters of what a server says that are worth telling


def knock(vault: Vault, path: str, body: Body | None = None, query: Mapping[str, str] | None = None) -> Body:
    """Vault's answer: to a POST of `body`, or to a GET with `query`.

    Raises VaultRefused, whose `said` is what Vault said; VaultFailed, VaultSealed, and what the way to Vault raises.
    """
    settings = vault.settings
    headers = {"X-Vault-Request": "true"}
    if settings.namespace:
        headers["X-Vault-Namespace"] = settings.namespace
    try:
        response = vault._session.request(
            "GET" if body is None else "POST",
            f"{settings.address}/v1/{quote(path)}",
            json=body,
            params=query,
            headers=headers,
            timeout=settings.timeout,
            verify=vault._session.verify,  # else REQUESTS_CA_BUNDLE would go before VAULT_CACERT
        )
    except requests.exceptions.RequestException as error:
        raise _no_way(vault, error) from None
    if response.ok:
        return _object(response)
    raise _error(vault, path, response)


def told(text: str) -> str:
    """What somebody else said, on one line and with nothing that steers a terminal or a CI system's log."""
    line = " ".join(text.split())
    return "".join(sign for sign in line if sign.isprintable())[:LONGEST].rstrip(".")


def _error(vault: Vault, path: str, response: requests.Response) -> KitError:
    words = _object(response).get("errors") or []
    said = told("; ".join(map(str, words))) or response.reason or f"HTTP {response.status_code}"
    if response.status_code == 503 and "sealed" in said.lower():  # noqa: PLR2004
        return VaultSealed(f"Vault at {vault.settings.address} is sealed.", hint="Unseal it: `vault operator unseal`.")
    if response.status_code >= 500 or response.status_code == 429:  # noqa: PLR2004
        return VaultFailed(f"Vault failed on {path}: {said}.", hint="Try again; Vault's log says more.", said=said)
    return VaultRefused(f"Vault refuses {path}: {said}.", said=said)


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _no_way(vault: Vault, error: Exception) -> KitError:
    """Why there was no answer: the connection tells it in one place for all requests."""
    try:
        vault.version()
    except KitError as why:
        return why
    return VaultUnreachable(
        f"Vault at {vault.settings.address} gave no answer: {type(error).__name__}.", hint="Try again."
    )
