"""The configuration of an auth method's mount that the spec made: whose tokens it checks, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from producer.resources.interface import Resource
from producer.resources.login_role import in_order
from vault_aws_kit.vault import Body, Request


@dataclass(frozen=True)
class AuthConfig(Resource):
    """`settings` are in the API's words; only they are compared. No secret can be among them."""

    kind: ClassVar[str] = "auth-config"
    after: ClassVar[tuple[str, ...]] = ("auth-mount",)

    mount: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def at(cls, path: str) -> Self:
        return cls(path.removeprefix("auth/").removesuffix("/config"))

    @property
    def path(self) -> str:
        return f"auth/{self.mount}/config"

    def body(self) -> Body:
        return {name: in_order(value) for name, value in self.settings.items()}

    def normalise(self, answer: Body) -> Body | None:
        """A mount that was never configured answers with empty fields, or with nothing."""
        found = {name: in_order(answer.get(name)) for name in self.settings}
        return found if any(found.values()) else None

    def removal(self) -> Sequence[Request]:
        return []  # it goes with its mount
