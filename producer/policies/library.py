"""Which policy templates there are, and what each says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from producer.policies import render
from producer.policies.header import Variable, header_of


@dataclass(frozen=True)
class TemplateInfo:
    """A policy template as a person chooses it. `summary` is '' where the template says nothing of itself."""

    name: str
    summary: str
    variables: tuple[Variable, ...]
    path: Path

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")


def templates(folders: Sequence[Path] = ()) -> list[TemplateInfo]:
    """All policy templates by name; one in `folders` hides the kit's own of its name. Raises TemplateBroken."""
    return [template(name, folders) for name in render.names(folders)]


def template(name: str, folders: Sequence[Path] = ()) -> TemplateInfo:
    """One policy template. Raises UnknownTemplate and TemplateBroken."""
    found = render.find(name, tuple(folders))
    header = header_of(found)
    return TemplateInfo(name, header.summary, header.variables, Path(str(found.filename)))
