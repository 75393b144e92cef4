"""What every way to MFA codes is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from vault_aws_kit.errors import CodeRefused

T = TypeVar("T")


class Codes(ABC):
    """A device is told by its serial number, for a person to know which one is meant."""

    def check(self) -> None:  # noqa: B027 - most ways know only once they are asked
        """Raises CodeNeeded where it is sure that there are none: before AWS is asked which device is meant."""

    def device(self) -> str:
        """The device that these codes are of, where that is known, else ''."""
        return ""

    @abstractmethod
    def first(self, device: str) -> str:
        """A code of the device. Raises CodeNeeded where there is none to be had."""

    def another(self, device: str, refused: CodeRefused) -> str:  # noqa: ARG002 - most ways have no other
        """Another code, once AWS has refused the last one. Raises `refused` where there is none."""
        raise refused


def until_accepted(codes: Codes, device: str, attempt: Callable[[str], T]) -> T:
    """What `attempt` gives for a code that AWS takes. Raises CodeNeeded, CodeRefused, and what it raises otherwise."""
    code = codes.first(device)
    while True:
        try:
            return attempt(code)
        except CodeRefused as refused:
            code = codes.another(device, refused)
