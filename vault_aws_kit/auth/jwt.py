"""JWT: a token that somebody whom Vault trusts has signed, as CI systems do for each job.

Source: https://developer.hashicorp.com/vault/api-docs/auth/jwt#jwt-login
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from vault_aws_kit.auth.door import knock, told
from vault_aws_kit.auth.interface import LoginMethod

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault

MOUNT = "jwt"


@dataclass(frozen=True)
class Jwt(LoginMethod):
    """`role` may be '' where the mount has a default role."""

    name: ClassVar[str] = "jwt"
    title: ClassVar[str] = "JWT"
    check: ClassVar[str] = "Check the role's name, and what the role binds: issuer, audience and claims."

    jwt: str = field(repr=False)
    role: str = ""
    mount: str = MOUNT

    def ask(self, vault: Vault) -> Body:
        return knock(vault, f"auth/{self.mount}/login", {"jwt": self.jwt} | ({"role": self.role} if self.role else {}))

    def hint(self, said: str) -> str:
        return f"{super().hint(said)} {whose(self.jwt)}".strip()


def whose(jwt: str) -> str:
    """A sentence on whom a token is from, for and of, as roles bind it. None of it is secret; '' for what is no JWT."""
    claims = _claims(jwt)
    said = [f"{name} {told(json.dumps(claims[name]))}" for name in ("iss", "aud", "sub") if name in claims]
    return f"The token says: {', '.join(said)}." if said else ""


def _claims(jwt: str) -> dict[str, Any]:
    try:
        part = jwt.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
