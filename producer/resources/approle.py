"""An AppRole role: a login with a role_id and a secret_id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit.vault import Body


@dataclass(frozen=True)
class AppRole(Resource):
    """Its tokens carry one policy and not `default`: what a team may do is all in that policy. Seconds."""

    kind: ClassVar[str] = "approle"
    after: ClassVar[tuple[str, ...]] = ("auth-mount", "acl-policy")

    mount: str
    name: str
    policy: str
    token_ttl: int
    token_max_ttl: int
    secret_id_ttl: int

    @classmethod
    def at(cls, path: str) -> Self:
        mount, _, name = path.removeprefix("auth/").rpartition("/role/")
        return cls(mount, name, "", 0, 0, 0)

    @property
    def path(self) -> str:
        return f"auth/{self.mount}/role/{self.name}"

    def body(self) -> Body:
        return {
            "bind_secret_id": True,
            "secret_id_num_uses": 0,
            "secret_id_ttl": self.secret_id_ttl,
            "token_max_ttl": self.token_max_ttl,
            "token_no_default_policy": True,
            "token_num_uses": 0,
            "token_period": 0,
            "token_policies": [self.policy],
            "token_ttl": self.token_ttl,
            "token_type": "service",
        }
