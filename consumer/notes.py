"""What a person should know about credentials that were issued."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

from vault_aws_kit import clock, terminal

if TYPE_CHECKING:
    from datetime import datetime

    from consumer.leases import Leases
    from consumer.obtain import Obtained
    from consumer.token import TokenInfo
    from vault_aws_kit.credentials import Credentials


def tell(message: str) -> None:
    """Talk to somebody who may have gone: that must cost neither a lease's end nor a child's exit code."""
    with contextlib.suppress(OSError):
        terminal.say(message)


def report(error: Exception) -> None:
    """Tell of an error that nobody can be given an exit code for."""
    with contextlib.suppress(OSError):
        terminal.report(error)


def give_back(leases: Leases) -> bool:
    """Revoke all leases and say what that means for each; whether it could be done."""
    ended = leases.give_back()
    for credentials, failure in ended:
        if failure:
            report(failure)
        tell(fate(credentials, revoked=not failure))
    return not any(failure for _, failure in ended)


def fate(credentials: Credentials, *, revoked: bool) -> str:
    """What becomes of credentials at the end, said honestly: AWS lets nobody revoke an STS session."""
    key = credentials.access_key_id
    if credentials.type == "static":
        when = f"at {clock.timestamp(credentials.expires)}" if credentials.expires else "when it is due"
        return f"Nothing to revoke: {key} is a static role's key, which Vault rotates {when}."
    until = f"until {clock.timestamp(credentials.expires)}" if credentials.expires else "with no known end"
    if credentials.revocable and not revoked:
        return f"Key {key} lives on {until}."
    if credentials.revocable:
        return f"Revoked lease {credentials.lease_id}: key {key} is deleted."
    closed = f"Revoked lease {credentials.lease_id}. " if credentials.lease_id and revoked else ""
    return f"{closed}Nobody can revoke an STS session: {key} lives on {until}."


def ends_with_token(credentials: Credentials, token: TokenInfo) -> None:
    """Warn where the Vault token's end will end the credentials, and not their lease."""
    _ends_with(credentials, token.expires)


def of_obtained(obtained: Obtained, min_ttl: int | None) -> None:
    """Warn of what is not as usual: Vault out of reach, no cache, credentials that live shorter than was hoped for."""
    credentials = obtained.credentials
    if obtained.outage:
        until = f", and good until {clock.timestamp(credentials.expires)}" if credentials.expires else ""
        terminal.warn(f"{obtained.outage.message} These credentials are from the cache{until}.")
    if obtained.not_kept:
        terminal.warn(
            f"nothing can be cached ({obtained.not_kept}), so every call asks anew: make the cache folder writable, "
            "set XDG_CACHE_HOME, or say --no-cache."
        )
    left = credentials.remaining()
    if min_ttl and left is not None and not obtained.outage and left < timedelta(seconds=min_ttl):
        terminal.warn(
            f"fresh credentials live for {clock.duration(round(left.total_seconds()))} only, which is less than "
            f"--min-ttl {clock.duration(min_ttl)}: every call gets others."
        )
    _ends_with(credentials, obtained.owner_ends)


def _ends_with(credentials: Credentials, owner_ends: datetime | None) -> None:
    if credentials.revocable and credentials.expires and credentials.expires == owner_ends:
        terminal.warn(
            f"these credentials end with your Vault token, at {clock.timestamp(credentials.expires)}: "
            "log in again to get some that live as long as their lease."
        )
