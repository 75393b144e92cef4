"""AppRole: a role_id, which is no secret, and a secret_id, which is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.auth.interface import Login, LoginMethod
from vault_aws_kit.errors import LoginFailed, NotAllowed, TokenRefused, VaultRefused

if TYPE_CHECKING:
    from vault_aws_kit.vault import Vault

MOUNT = "approle"


@dataclass(frozen=True)
class AppRole(LoginMethod):
    name: ClassVar[str] = "approle"

    role_id: str
    secret_id: str = field(repr=False)
    mount: str = MOUNT

    def login(self, vault: Vault) -> Login:
        body = {"role_id": self.role_id, "secret_id": self.secret_id}
        try:
            answer = vault.write(f"auth/{self.mount}/login", body)
        except VaultRefused as error:
            raise LoginFailed(
                f"Vault refuses the AppRole login at auth/{self.mount}: {error.said or error.message}.",
                hint="Check VAULT_ROLE_ID and VAULT_SECRET_ID. A secret_id ends some day: the platform team "
                "makes a new one with `producer handover TEAM`.",
            ) from None
        except (TokenRefused, NotAllowed):
            # Vault answers so where nothing is mounted, and where the role is bound to other addresses.
            raise LoginFailed(
                f"Vault refuses the AppRole login: there is none at auth/{self.mount}, or not from this address.",
                hint="Name the auth method's mount with --mount, and the namespace with --namespace.",
            ) from None
        return Login.from_auth(answer.auth)
