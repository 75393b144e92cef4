"""A code that is there: on the command line, or as a line of standard input."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from consumer.codes.interface import Codes
from vault_aws_kit.errors import CodeNeeded, CodeRefused
from vault_aws_kit.totp import CODE

if TYPE_CHECKING:
    from collections.abc import Callable

LINE = 80  # characters, with blanks as a device may show them: what never ends, as /dev/zero, is not read to its end


@dataclass(frozen=True)
class Given(Codes):
    """`code` is asked for when it is needed; `otherwise` is who has another where AWS refuses it."""

    code: Callable[[], str] = field(repr=False)
    otherwise: Codes | None = None

    def first(self, device: str) -> str:
        code = "".join(self.code().split())
        if not CODE.fullmatch(code):
            raise CodeNeeded(
                f"What was given is no code of {device}: those have 6 digits.",
                hint="Give what the device shows, without anything else.",
            )
        return code

    def another(self, device: str, refused: CodeRefused) -> str:
        if self.otherwise is None:
            raise refused
        return self.otherwise.another(device, refused)


def from_stdin() -> str:
    """One line of standard input, as far as codes are long. Raises CodeNeeded where it is at its end, or no text."""
    try:
        line = sys.stdin.readline(LINE)
    except UnicodeError:
        line = ""
    if not line.strip():
        raise CodeNeeded(
            "A code was to be read from standard input, which has none.",
            hint="Send the code there, say --code-from, or run it on a terminal.",
        )
    return line
