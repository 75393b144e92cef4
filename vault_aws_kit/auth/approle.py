"""AppRole: a role_id, which is no secret, and a secret_id, which is one.

Source: https://developer.hashicorp.com/vault/api-docs/auth/approle#login-with-approle
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.auth.door import knock
from vault_aws_kit.auth.interface import LoginMethod

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault

MOUNT = "approle"


@dataclass(frozen=True)
class AppRole(LoginMethod):
    name: ClassVar[str] = "approle"
    title: ClassVar[str] = "AppRole"
    check: ClassVar[str] = (
        "Check VAULT_ROLE_ID and VAULT_SECRET_ID, and that the role allows this address. A secret_id ends some day: "
        "the platform team makes a new one with `producer handover TEAM`."
    )

    role_id: str
    secret_id: str = field(repr=False)
    mount: str = MOUNT
    role: str = ""

    def ask(self, vault: Vault) -> Body:
        return knock(vault, f"auth/{self.mount}/login", {"role_id": self.role_id, "secret_id": self.secret_id})
