"""What Vault says of the caller's own token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from vault_aws_kit import clock

if TYPE_CHECKING:
    from vault_aws_kit.vault import Vault


@dataclass(frozen=True)
class TokenInfo:
    """Policies of the token and of its identity; `expires` is None for a token that never ends."""

    policies: tuple[str, ...]
    expires: datetime | None = None
    renewable: bool = False


def look_up(vault: Vault) -> TokenInfo:
    """The token that this connection uses. Raises TokenRefused."""
    found = vault.read("auth/token/lookup-self") or {}
    ttl = int(found.get("ttl") or 0)
    return TokenInfo(
        policies=(*(found.get("policies") or ()), *(found.get("identity_policies") or ())),
        expires=clock.now() + timedelta(seconds=ttl) if ttl else None,
        renewable=bool(found.get("renewable")),
    )


def renew(vault: Vault, token: TokenInfo) -> TokenInfo:
    """Have this connection's token live on for as long as Vault gives it. Raises TokenRefused, NotAllowed."""
    before = clock.now()
    auth = vault.write("auth/token/renew-self").auth or {}
    ttl = int(auth.get("lease_duration") or 0)
    expires = before + timedelta(seconds=ttl) if ttl else None
    return replace(token, expires=expires, renewable=bool(auth.get("renewable")))
