"""What an endpoint has credentials of."""

from __future__ import annotations

from typing import Protocol


class Served(Protocol):
    """A role, or whatever else has credentials: equal ones are one, and share what was got for either."""

    @property
    def name(self) -> str:
        """The path at which it is served, where no other has the same."""

    @property
    def qualified(self) -> str:
        """A path that no other has, which is also how people are told of it."""

    @property
    def region(self) -> str:
        """'' where none is known."""

    def __hash__(self) -> int: ...
