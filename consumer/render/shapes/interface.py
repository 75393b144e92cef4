"""What every shape of rendered Terraform is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from consumer.render.interface import Mode, Snippet
from consumer.render.kind import Kind


class Shape(Kind):
    """One way to write down what a mode rendered as HCL."""

    file: ClassVar[str] = "provider.tf"

    def files(self, mode: Mode, snippet: Snippet, folders: Sequence[Path] = ()) -> Mapping[str, str]:
        return self.shaped(mode.text(snippet, folders))

    @abstractmethod
    def shaped(self, text: str) -> Mapping[str, str]:
        """Each file's text, by its usual name."""
