"""What a person should know about credentials that were issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_aws_kit import clock, terminal

if TYPE_CHECKING:
    from consumer.token import TokenInfo
    from vault_aws_kit.credentials import Credentials


def ends_with_token(credentials: Credentials, token: TokenInfo) -> None:
    """Warn where the Vault token's end will end the credentials, and not their lease."""
    if credentials.revocable and credentials.expires and credentials.expires == token.expires:
        terminal.warn(
            f"these credentials end with your Vault token, at {clock.timestamp(credentials.expires)}: "
            "log in again to get some that live as long as their lease."
        )
