"""What a connection needs in Terraform, in the form of all that the producer plans; no request to Vault comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit.vault import Body, Request


@dataclass(frozen=True)
class _InTerraform(Resource):
    """`place` is ORG/WORKSPACE or ORG/VARIABLE SET."""

    place: str
    name: str

    @classmethod
    def at(cls, path: str) -> Self:
        place, _, name = path.rpartition("/")
        return cls(place, name)

    @property
    def path(self) -> str:
        return f"{self.place}/{self.name}" if self.name else self.place

    def requests(self, before: Body | None) -> Sequence[Request]:  # noqa: ARG002 - Vault has no part in it
        return ()

    def removal(self) -> Sequence[Request]:
        return ()


@dataclass(frozen=True)
class TfeVariable(_InTerraform):
    """An environment variable that anybody who sees the workspace may read."""

    kind: ClassVar[str] = "tfe-variable"

    value: str = ""

    def body(self) -> Body:
        return {"value": self.value, "category": "env", "sensitive": False, "hcl": False}


@dataclass(frozen=True)
class TfeVariableSet(_InTerraform):
    """A variable set, and what it is attached to, by name."""

    kind: ClassVar[str] = "tfe-varset"

    workspaces: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()

    def body(self) -> Body:
        return {"global": False, "workspaces": sorted(self.workspaces), "projects": sorted(self.projects)}
