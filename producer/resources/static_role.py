"""A static role of an AWS secrets engine: the key of an IAM user that is there already, which Vault replaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit.vault import Body, Request


@dataclass(frozen=True)
class StaticRole(Resource):
    """`rotation_period` is in seconds. Vault binds the role to the user for good."""

    kind: ClassVar[str] = "static-role"
    after: ClassVar[tuple[str, ...]] = ("aws-mount", "root-config")
    fixed: ClassVar[tuple[str, ...]] = ("username",)

    mount: str
    name: str
    username: str
    rotation_period: int

    @classmethod
    def at(cls, path: str) -> Self:
        mount, _, name = path.rpartition("/static-roles/")
        return cls(mount, name, "", 0)

    @property
    def path(self) -> str:
        return f"{self.mount}/static-roles/{self.name}"

    @property
    def help_path(self) -> str:
        return f"{self.mount}/static-roles/x"

    def body(self) -> Body:
        return {"username": self.username, "rotation_period": self.rotation_period}

    def requests(self, before: Body | None) -> Sequence[Request]:
        """Sent twice, what makes a role could make two keys, and the second would delete the first."""
        return [Request("update", self.path, self.body(), repeatable=before is not None)]

    def notes(self, verb: str, before: Body | None) -> tuple[str, ...]:
        user = str((before or {}).get("username") or self.username)
        return (_NOTES[verb].format(user),) if verb in _NOTES else ()


_NOTES: Mapping[str, str] = {
    "create": "Vault makes a new key for IAM user {}. If the user has two already, the older one is deleted at once, "
    "and what still uses it stops working.",
    "delete": "The key that Vault made for IAM user {} is deleted at once, and what still uses it stops working.",
}
"""Source: rotation.go of the engine, createCredential and deleteCredential."""
