"""The oldest versions that can run what is rendered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version


@dataclass(frozen=True)
class Floor:
    """The oldest version that works, and why no older one does."""

    version: str
    why: str

    @property
    def number(self) -> Version:
        from packaging.version import Version

        return Version(self.version)


def highest(floors: Iterable[Floor]) -> Floor | None:
    """The one that decides, None where there is none."""
    return max(floors, key=lambda floor: floor.number, default=None)
