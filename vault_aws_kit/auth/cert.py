"""TLS certificates: the connection's own client certificate is the proof.

Source: https://developer.hashicorp.com/vault/api-docs/auth/cert#login-with-tls-certificate-method
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.auth.door import knock
from vault_aws_kit.auth.interface import LoginMethod
from vault_aws_kit.errors import LoginFailed

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault

MOUNT = "cert"


@dataclass(frozen=True)
class Cert(LoginMethod):
    """`role` may be '': Vault then takes the first whose certificate fits."""

    name: ClassVar[str] = "cert"
    title: ClassVar[str] = "certificate"
    check: ClassVar[str] = (
        "Check that the role trusts who signed VAULT_CLIENT_CERT and allows its names, and that nothing between here "
        "and Vault ends TLS."
    )

    role: str = ""
    mount: str = MOUNT

    def ask(self, vault: Vault) -> Body:
        if not vault.settings.client_cert:
            raise LoginFailed(
                "There is no client certificate to log in with.",
                hint="Set VAULT_CLIENT_CERT and VAULT_CLIENT_KEY to its files.",
            )
        return knock(vault, f"auth/{self.mount}/login", {"name": self.role} if self.role else {})
