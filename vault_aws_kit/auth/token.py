"""A token that somebody already has: it is checked, and then kept as from any other login."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.auth.interface import Login, LoginMethod
from vault_aws_kit.errors import LoginFailed, TokenRefused

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault


@dataclass(frozen=True)
class Token(LoginMethod):
    name: ClassVar[str] = "token"
    title: ClassVar[str] = "token"
    check: ClassVar[str] = "Ask for a new token."

    token: str = field(repr=False)
    mount: str = "token"
    role: str = ""

    def login(self, vault: Vault) -> Login:
        try:
            found = self.ask(vault)
        except TokenRefused as error:
            raise LoginFailed(error.message, hint=self.check) from None
        return Login(
            token=self.token,
            policies=(*(found.get("policies") or ()), *(found.get("identity_policies") or ())),
            ttl=int(found.get("ttl") or 0),
            renewable=bool(found.get("renewable")),
        )

    def ask(self, vault: Vault) -> Body:
        """What Vault says of the token. Raises TokenRefused."""
        with vault.as_token(self.token) as as_it:
            return as_it.read("auth/token/lookup-self") or {}
