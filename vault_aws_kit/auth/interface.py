"""What every login method is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.errors import LoginFailed, VaultRefused

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault


@dataclass(frozen=True)
class Login:
    """A token and what is known of it. `ttl` is in seconds, 0 for never; `uses` is how often it works, 0 for always."""

    token: str = field(repr=False)
    policies: tuple[str, ...]
    ttl: int
    renewable: bool = False
    uses: int = 0

    @classmethod
    def from_auth(cls, auth: Body | None) -> Login:
        """From the `auth` part of Vault's answer. Raises LoginFailed where there is none."""
        if auth and auth.get("mfa_requirement"):
            raise LoginFailed(
                "Vault asks for a second factor (login MFA), which the kit doesn't give.",
                hint="Log in with `vault login`, which asks for it: the kit then uses that token.",
            )
        if not auth or not auth.get("client_token"):
            raise LoginFailed("Vault accepted the login, but gave no token.", hint="Vault's audit log says more.")
        return cls(
            token=str(auth["client_token"]),
            policies=tuple(auth.get("policies") or ()),
            ttl=int(auth.get("lease_duration") or 0),
            renewable=bool(auth.get("renewable")),
            uses=int(auth.get("num_uses") or 0),
        )


class LoginMethod(ABC):
    """One way to get a token. `mount` is where Vault has it below auth/, `role` the auth method's role, '' for none."""

    name: ClassVar[str]
    title: ClassVar[str]
    """What it is called in a sentence."""
    check: ClassVar[str]
    """What to look at where Vault refuses it."""

    mount: str
    role: str

    def login(self, vault: Vault) -> Login:
        """Log in over a connection that has no token. Raises LoginFailed where Vault refuses, with Vault's words."""
        try:
            answer = self.ask(vault)
        except VaultRefused as error:
            role = f" with role {self.role!r}" if self.role else ""
            raise LoginFailed(
                f"Vault refuses the {self.title} login at auth/{self.mount}{role}: {error.said}.",
                hint=self.hint(error.said),
            ) from None
        return Login.from_auth(answer.get("auth"))

    @abstractmethod
    def ask(self, vault: Vault) -> Body:
        """Vault's whole answer to the login. Raises VaultRefused with Vault's words."""

    def hint(self, said: str) -> str:
        """What to check, given what Vault said: where nothing is mounted, it says no more than permission denied."""
        if "permission denied" in said or "no handler" in said:
            return (
                f"Vault says so too where no such auth method is mounted at auth/{self.mount}: check --mount (or "
                f"VAULT_AUTH_PATH) and --namespace. {self.check}"
            )
        return self.check
