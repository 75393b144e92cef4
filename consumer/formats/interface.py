"""What every format is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials


class Format(ABC):
    """One shape in which credentials are printed."""

    name: ClassVar[str]

    def check(self) -> None:  # noqa: B027 - most formats work everywhere
        """Raises FormatImpossible where the format can't be used: to be called before credentials are asked for."""

    @abstractmethod
    def text(self, credentials: Credentials) -> str:
        """The whole text to print. It holds the secrets: that is its purpose."""
