"""Unwrapping what Vault wrapped: it works once, so a second try shows that somebody else was first.

Source: https://developer.hashicorp.com/vault/docs/concepts/response-wrapping#response-wrapping-token-validation
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vault_aws_kit.errors import LoginFailed, NotAllowed, TokenRefused, VaultRefused, WrappingTokenUsed

if TYPE_CHECKING:
    from vault_aws_kit.vault import Vault

_TOKEN = re.compile(r"(?:(?:hv[sbr]|[sbr])\.)?[A-Za-z0-9_-]{24,}|eyJ[\w.-]+", re.ASCII)
"""Any token that a Vault makes: with a prefix since 0.10, or a JWT. https://developer.hashicorp.com/vault/docs/concepts/tokens"""

ALARM = (
    "Unless you mistyped it, waited too long or used it yourself, treat this as a theft: tell the platform team at "
    "once, and let it run `producer handover TEAM --revoke-others`, which makes what was stolen useless."
)


def unwrap_secret_id(vault: Vault, wrapping_token: str, *, mount: str, role: str = "") -> str:
    """The secret_id in a wrapping token, once it is sure that Vault itself wrapped it for an AppRole role.

    `role` is the only role accepted, '' accepts any of the mount. Raises WrappingTokenUsed, which is an alarm, and
    LoginFailed for what can't be a token at all.
    """
    if not _TOKEN.fullmatch(wrapping_token):
        raise LoginFailed(
            "What was given is no wrapping token: it isn't whole, or something else was copied.",
            hint="Copy it again, whole: it begins like hvs. or s. and stands in what `producer handover` printed.",
        )
    made_at = _creation_path(vault, wrapping_token)
    made_for = re.fullmatch(rf"auth/{re.escape(mount)}/role/([^/]+)/secret-id", made_at)
    if not made_for or role not in ("", made_for.group(1)):
        raise WrappingTokenUsed(
            f"SECURITY ALARM: the wrapping token was made at {made_at}, and not at "
            f"auth/{mount}/role/{role or 'ROLE'}/secret-id: somebody may have unwrapped the real one and wrapped "
            "something else. It was not used.",
            hint=_other_mount(made_at, mount) + ALARM,
        )
    try:
        with vault.as_token(wrapping_token) as as_it:
            return str(as_it.write("sys/wrapping/unwrap").data["secret_id"])
    except (VaultRefused, TokenRefused, NotAllowed):
        raise _used() from None


def _other_mount(made_at: str, mount: str) -> str:
    """What to do where only --mount was left out: who may be lied to by a thief must look at the handover itself."""
    found = re.fullmatch(r"auth/([\w./-]+)/role/[^/]+/secret-id", made_at, re.ASCII)
    if not found or found.group(1) == mount:
        return ""
    return f"Only where the handover itself says `--mount {found.group(1)}` it is enough to add that. "


def _creation_path(vault: Vault, wrapping_token: str) -> str:
    """Where a wrapping token was made: asking for it doesn't use it up."""
    try:
        found = vault.write("sys/wrapping/lookup", {"token": wrapping_token})
    except (VaultRefused, TokenRefused, NotAllowed):
        raise _used() from None
    return str(found.data.get("creation_path") or "").lstrip("/")


def _used() -> WrappingTokenUsed:
    return WrappingTokenUsed(
        "SECURITY ALARM: Vault doesn't know this wrapping token any more: somebody has unwrapped it already, or its "
        "time has run out, or it is mistyped (Vault doesn't say which).",
        hint=ALARM,
    )
