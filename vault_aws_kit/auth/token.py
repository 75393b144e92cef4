"""A token that somebody already has: it is checked, and then kept as from any other login."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.auth.interface import Login, LoginMethod
from vault_aws_kit.errors import LoginFailed, TokenRefused

if TYPE_CHECKING:
    from vault_aws_kit.vault import Vault


@dataclass(frozen=True)
class Token(LoginMethod):
    name: ClassVar[str] = "token"

    token: str = field(repr=False)

    def login(self, vault: Vault) -> Login:
        try:
            with vault.as_token(self.token) as as_it:
                found = as_it.read("auth/token/lookup-self") or {}
        except TokenRefused as error:
            raise LoginFailed(error.message, hint="Ask for a new token.") from None
        return Login(
            token=self.token,
            policies=(*(found.get("policies") or ()), *(found.get("identity_policies") or ())),
            ttl=int(found.get("ttl") or 0),
            renewable=bool(found.get("renewable")),
        )
