"""What every login method is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.errors import LoginFailed

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault


@dataclass(frozen=True)
class Login:
    """A token and what is known of it. `ttl` is in seconds; 0 means that it never ends."""

    token: str = field(repr=False)
    policies: tuple[str, ...]
    ttl: int
    renewable: bool = False

    @classmethod
    def from_auth(cls, auth: Body | None) -> Login:
        """From the `auth` part of Vault's answer. Raises LoginFailed where there is none."""
        if not auth or not auth.get("client_token"):
            raise LoginFailed("Vault accepted the login, but gave no token.", hint="Vault's audit log says more.")
        return cls(
            token=str(auth["client_token"]),
            policies=tuple(auth.get("policies") or ()),
            ttl=int(auth.get("lease_duration") or 0),
            renewable=bool(auth.get("renewable")),
        )


class LoginMethod(ABC):
    """One way to get a token."""

    name: ClassVar[str]

    @abstractmethod
    def login(self, vault: Vault) -> Login:
        """Log in over a connection that has no token. Raises LoginFailed where Vault refuses."""
