"""What every kind of file that is rendered has: Terraform in one of its shapes, or a CI's pipeline."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from consumer.render.interface import Mode, Snippet
from consumer.render.marks import Comments, Marks


class Kind(ABC):
    file: ClassVar[str]
    """What its file is usually called, and where it is looked for."""
    several: ClassVar[bool] = False
    """Whether it is several files, in a folder."""
    names: ClassVar[tuple[str, ...]] = ()
    """All that they can be called, where there are several."""
    writes: ClassVar[tuple[str, ...]] = ()
    """Files beside it that another program makes from it."""
    marks: ClassVar[Marks] = Comments()

    @abstractmethod
    def files(self, mode: Mode, snippet: Snippet, folders: Sequence[Path] = ()) -> Mapping[str, str]:
        """Each file's text, by its usual name; `folders` are searched for templates before the kit's own.

        Raises ModeImpossible, UnknownTemplate, UndefinedVariable, TemplateBroken.
        """
