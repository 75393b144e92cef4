"""How a file says which part of it was rendered, so that what people wrote into it is never lost."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Marks(ABC):
    """The marks of one kind of file. `there` is what the file holds now, None where there is none."""

    @abstractmethod
    def merged(self, there: str | None, fresh: str, *, force: bool = False) -> str:
        """What the file shall hold: `fresh`, marked, and whatever people wrote around it.

        Raises BlockEdited where the rendered part was changed by hand, or its marks were, and OutputExists where the
        file holds something else; `force` goes on where it is clear what would be replaced.
        """

    @abstractmethod
    def rest(self, there: str) -> str:
        """What people wrote around the rendered part, '' where the file has no such part."""

    @abstractmethod
    def without(self, there: str, *, force: bool = False) -> str:
        """The file without its rendered part; as it is where it has none. Raises BlockEdited, as `merged`."""

    @abstractmethod
    def intact(self, there: str) -> bool:
        """Whether the file has a rendered part; False where it has none. Raises BlockEdited, as `merged`."""
