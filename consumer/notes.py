"""What a person should know about credentials that were issued."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from vault_aws_kit import clock, terminal

if TYPE_CHECKING:
    from consumer.leases import Leases
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
    until = f"until {clock.timestamp(credentials.expires)}" if credentials.expires else "with no known end"
    if credentials.revocable and not revoked:
        return f"Key {key} lives on {until}."
    if credentials.revocable:
        return f"Revoked lease {credentials.lease_id}: key {key} is deleted."
    closed = f"Revoked lease {credentials.lease_id}. " if credentials.lease_id and revoked else ""
    return f"{closed}Nobody can revoke an STS session: {key} lives on {until}."


def ends_with_token(credentials: Credentials, token: TokenInfo) -> None:
    """Warn where the Vault token's end will end the credentials, and not their lease."""
    if credentials.revocable and credentials.expires and credentials.expires == token.expires:
        terminal.warn(
            f"these credentials end with your Vault token, at {clock.timestamp(credentials.expires)}: "
            "log in again to get some that live as long as their lease."
        )
