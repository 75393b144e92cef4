"""Userpass: a name and a password that Vault keeps itself.

Source: https://developer.hashicorp.com/vault/api-docs/auth/userpass#login
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.auth.door import knock
from vault_aws_kit.auth.interface import LoginMethod
from vault_aws_kit.errors import LoginFailed

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault

MOUNT = "userpass"


@dataclass(frozen=True)
class Userpass(LoginMethod):
    name: ClassVar[str] = "userpass"
    title: ClassVar[str] = "userpass"
    check: ClassVar[str] = "Check the user's name and the password."

    username: str
    password: str = field(repr=False)
    mount: str = MOUNT
    role: str = ""

    def ask(self, vault: Vault) -> Body:
        if not self.username.isprintable() or "/" in self.username or self.username in ("", ".", ".."):
            raise LoginFailed(f"{self.username!r} is no user's name.", hint="Give it with --username.")
        return knock(vault, f"auth/{self.mount}/login/{self.username}", {"password": self.password})
