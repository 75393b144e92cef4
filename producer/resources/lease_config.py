"""An engine's lease config: how long iam_user credentials live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit import clock
from vault_aws_kit.vault import Body, Request


@dataclass(frozen=True)
class LeaseConfig(Resource):
    """Default and longest TTL, in seconds. The API wants both, always, and answers in Go's notation ("15m0s")."""

    kind: ClassVar[str] = "lease-config"
    after: ClassVar[tuple[str, ...]] = ("aws-mount",)

    mount: str
    default: int
    max: int

    @classmethod
    def at(cls, path: str) -> Self:
        return cls(path.removesuffix("/config/lease"), 0, 0)

    @property
    def path(self) -> str:
        return f"{self.mount}/config/lease"

    def body(self) -> Body:
        return {"lease": clock.duration(self.default), "lease_max": clock.duration(self.max)}

    def normalise(self, answer: Body) -> Body | None:
        return {key: clock.duration(clock.seconds(str(answer.get(key) or 0))) for key in ("lease", "lease_max")}

    def removal(self) -> Sequence[Request]:
        return []  # the engine has no way to delete it; it goes with its mount
