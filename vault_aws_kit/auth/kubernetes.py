"""Kubernetes: the token of a pod's service account, which Vault has the cluster review.

Source: https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.auth.door import knock
from vault_aws_kit.auth.interface import LoginMethod
from vault_aws_kit.auth.jwt import whose

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault

MOUNT = "kubernetes"


@dataclass(frozen=True)
class Kubernetes(LoginMethod):
    name: ClassVar[str] = "kubernetes"
    title: ClassVar[str] = "Kubernetes"
    check: ClassVar[str] = (
        "Check the role's name, the service accounts and namespaces that it binds, and that Vault reaches the cluster."
    )

    jwt: str = field(repr=False)
    role: str
    mount: str = MOUNT

    def ask(self, vault: Vault) -> Body:
        return knock(vault, f"auth/{self.mount}/login", {"jwt": self.jwt, "role": self.role})

    def hint(self, said: str) -> str:
        return f"{super().hint(said)} {whose(self.jwt)}".strip()
