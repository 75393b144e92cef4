"""A Vault ACL policy: what a token that carries it may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit.vault import Body


@dataclass(frozen=True)
class AclPolicy(Resource):
    """`hcl` is the policy's text; white space around it doesn't count."""

    kind: ClassVar[str] = "acl-policy"

    name: str
    hcl: str

    @classmethod
    def at(cls, path: str) -> Self:
        return cls(path.removeprefix("sys/policies/acl/"), "")

    @property
    def path(self) -> str:
        return f"sys/policies/acl/{self.name}"

    def body(self) -> Body:
        return {"policy": self.hcl.strip()}

    def normalise(self, answer: Body) -> Body | None:
        return {"policy": str(answer["policy"]).strip()}
