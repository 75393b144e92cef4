"""An engine's root config: the AWS credentials and region that Vault itself uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit.vault import Body, Request


@dataclass(frozen=True)
class RootConfig(Resource):
    """`access_key_id` is the key that Vault is to hold. `secret_access_key` is known only when it is to be written."""

    kind: ClassVar[str] = "root-config"
    after: ClassVar[tuple[str, ...]] = ("aws-mount",)

    mount: str
    region: str
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)

    @classmethod
    def at(cls, path: str) -> Self:
        return cls(path.removesuffix("/config/root"), "")

    @property
    def path(self) -> str:
        return f"{self.mount}/config/root"

    def body(self) -> Body:
        key = {"access_key": self.access_key_id} if self.access_key_id else {}
        return {**key, "region": self.region}

    def normalise(self, answer: Body) -> Body | None:
        return {key: answer.get(key) or "" for key in ("access_key", "region") if key in self.body()}

    def requests(self, before: Body | None) -> Sequence[Request]:  # noqa: ARG002 - the engine may replace all, so all is sent
        secret = {"secret_key": self.secret_access_key} if self.secret_access_key else {}
        return [Request("update", self.path, {**self.body(), **secret})]

    def removal(self) -> Sequence[Request]:
        return []  # it goes with its mount; an engine without root config serves nobody
