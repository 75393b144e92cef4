"""An entry of the catalog: what the producer tells the consumers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit import catalog
from vault_aws_kit.vault import Body, Request


@dataclass(frozen=True)
class CatalogEntry(Resource):
    """`text` is one JSON text. It comes last of all: nobody is told of a role before it is there."""

    kind: ClassVar[str] = "catalog-entry"
    after: ClassVar[tuple[str, ...]] = (
        "catalog-mount",
        "role",
        "static-role",
        "acl-policy",
        "approle",
        "jwt-role",
        "kubernetes-role",
        "aws-login-role",
        "cert-role",
        "userpass-user",
        "ldap-member",
    )

    mount: str
    name: str
    text: str

    @classmethod
    def at(cls, path: str) -> Self:
        mount, _, name = path.partition("/data/")
        return cls(mount, name, "")

    @property
    def path(self) -> str:
        return f"{self.mount}/data/{self.name}"

    def body(self) -> Body:
        return {"sha256": catalog.digest(self.text)}

    def normalise(self, answer: Body) -> Body | None:
        value = answer.get("data")
        return None if value is None else {"sha256": catalog.digest_of(value)}

    def requests(self, before: Body | None) -> Sequence[Request]:  # noqa: ARG002 - replaced as a whole
        return catalog.writes(self.mount, self.name, self.text)

    def removal(self) -> Sequence[Request]:
        return [Request("delete", f"{self.mount}/metadata/{self.name}")]
