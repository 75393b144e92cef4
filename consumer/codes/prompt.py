"""Codes that a person types on the terminal itself, so that a shell can take standard output: `eval "$(…)"`.

What is typed is shown, as people compare it with their device: a code is worth nothing once it was used. So no setting
of the terminal is changed, and none is left behind by whatever ends the waiting.
"""

from __future__ import annotations

import os
import select
import signal
from dataclasses import dataclass

from consumer.codes.interface import Codes
from vault_aws_kit.errors import CodeNeeded, CodeRefused
from vault_aws_kit.totp import CODE

TTY = "/dev/tty"
TRIES = 3
TICK = 0.2  # seconds: as long may a held signal be unheard
_ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def is_there() -> bool:
    """Whether there is a terminal to ask on."""
    try:
        os.close(os.open(TTY, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


@dataclass
class Prompt(Codes):
    asked: int = 0

    def first(self, device: str) -> str:
        terminal = os.open(TTY, os.O_RDWR | os.O_NOCTTY)
        try:
            return self._code(device, terminal)
        except KeyboardInterrupt:
            os.write(terminal, b"\n")
            raise
        finally:
            os.close(terminal)

    def another(self, device: str, refused: CodeRefused) -> str:
        if self.asked >= TRIES or not is_there():
            raise refused
        _tell(refused)
        return self.first(device)

    def _code(self, device: str, terminal: int) -> str:
        while True:
            self.asked += 1
            os.write(terminal, f"MFA code of {device}: ".encode())
            code = "".join(_line(terminal).split())
            if CODE.fullmatch(code):
                return code
            if self.asked >= TRIES or not code:
                raise CodeNeeded("No code was given.", hint="It is the 6 digits that the device shows.")
            os.write(terminal, b"A code has 6 digits.\n")


def _line(terminal: int) -> str:
    """What is typed until Enter; '' for Ctrl-D. A signal that is held, as `exec` holds them, ends it as Ctrl-C does."""
    while not select.select([terminal], [], [], TICK)[0]:
        if signal.sigpending() & _ENDING:
            raise KeyboardInterrupt
    return os.read(terminal, 1024).decode("ascii", "replace")


def _tell(refused: CodeRefused) -> None:
    from vault_aws_kit import terminal

    terminal.report(refused)
