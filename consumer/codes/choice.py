"""Which way to codes is taken."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault_aws_kit import totp

if TYPE_CHECKING:
    from consumer.codes.interface import Codes
    from vault_aws_kit.vault import Vault


@dataclass(frozen=True)
class Wanted:
    """What the command line says of codes.

    `code` is one itself, `place` where Vault gives them, `prompt` whether a person may be asked, and `stdin` whether a
    code may be read from there: not where it belongs to another program.
    """

    code: str = field(default="", repr=False)
    place: str = ""
    prompt: bool = False
    stdin: bool = False
    say: Callable[[str], None] = field(default=lambda _: None, repr=False, compare=False)
    """Told of what is waited for."""

    def codes(self, vault: Callable[[], AbstractContextManager[Vault]], remedy: str) -> Codes:
        """The way to codes; `remedy` is what a person can do where there is none. Raises CodeSourceInvalid."""
        from consumer.codes.given import Given, from_stdin

        if self.code:
            return Given(lambda: self.code, self._asked())
        if self.place:
            from consumer.codes.from_vault import FromVault

            return FromVault(totp.parse(self.place), vault, self.say)
        if self.prompt and self.stdin and not sys.stdin.isatty():
            return Given(from_stdin)
        return self._asked() or _nobody(remedy)

    def _asked(self) -> Codes | None:
        """A person, where there is one. A server's threads ask nobody: the terminal is another program's by then."""
        import threading

        from consumer.codes import prompt

        may = self.prompt and threading.current_thread() is threading.main_thread()
        return prompt.Prompt() if may and prompt.is_there() else None


def _nobody(remedy: str) -> Codes:
    from consumer.codes.nobody import Nobody

    return Nobody(remedy)
