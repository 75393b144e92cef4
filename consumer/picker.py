"""Choosing one of many on a terminal: type to search, arrows to move, Enter to take.

All of it happens on the terminal itself (/dev/tty), so that standard output holds the choice alone and a shell can
take it: `consumer creds --role "$(consumer roles --pick)"`.
"""

from __future__ import annotations

import os
import re
import select
import signal
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Self

from vault_aws_kit.errors import Declined

SHOWN_AT_MOST = 12
ESCAPE_WITHIN = 0.05  # seconds in which the rest of an arrow's bytes follow its first one; a lone Escape has none
_TTY = "/dev/tty"
_KEYS = {
    b"\x1b[A": "up", b"\x1bOA": "up", b"\x10": "up",
    b"\x1b[B": "down", b"\x1bOB": "down", b"\x0e": "down",
    b"\r": "take", b"\n": "take",
    b"\x7f": "back", b"\x08": "back", b"\x15": "clear",
    b"\x1b": "leave", b"\x04": "leave", b"": "leave",
}  # fmt: skip
_WHOLE = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|O.|[^\[O])", re.DOTALL)
"""What a key sends that begins with Escape: ECMA-48's control sequences, and the arrows of an application's keypad."""


@dataclass(frozen=True)
class Choice:
    """What is looked for, and where one is among what was found. `rows` are names, each with the line that shows it."""

    rows: tuple[tuple[str, str], ...]
    query: str = ""
    at: int = 0

    @property
    def found(self) -> tuple[tuple[str, str], ...]:
        """The rows in which every word of the query stands, however it is written."""
        words = self.query.lower().split()
        return tuple(row for row in self.rows if all(word in row[1].lower() for word in words))

    @property
    def taken(self) -> str:
        """The name at which one is, '' where nothing was found."""
        return self.found[self.at][0] if self.found else ""

    def pressed(self, key: str) -> Self:
        """After a key: `up`, `down`, `back`, `clear`, what was typed, or '' for one that means nothing."""
        if not key:
            return self
        if key in ("up", "down"):
            step = 1 if key == "down" else -1
            return replace(self, at=(self.at + step) % max(len(self.found), 1))
        query = {"back": self.query[:-1], "clear": ""}.get(key, self.query + key)
        return replace(self, query=query, at=0)

    def lines(self, width: int, height: int) -> list[str]:
        """What to draw, in lines no wider than the terminal: the query, and the rows around where one is."""
        room = max(min(SHOWN_AT_MOST, height - 2), 1)
        first = max(0, min(self.at - room // 2, len(self.found) - room))
        rows = [f"{'>' if n == self.at else ' '} {line}" for n, (_, line) in enumerate(self.found)]
        head = f"{len(self.found)}/{len(self.rows)} role? {self.query}"
        return [_shown(line, width) for line in (head, *rows[first : first + room])]


def pick(rows: Sequence[tuple[str, str]]) -> str:
    """The name that a person picks of these. Raises Declined where she leaves, or there is no terminal."""
    try:
        terminal = os.open(_TTY, os.O_RDWR)
    except OSError:
        raise Declined("There is no terminal to pick on.", hint="Name the role: --role ROLE.") from None
    try:
        with _keys_at_once(terminal):
            return _pick(Choice(tuple(rows)), terminal)
    finally:
        os.close(terminal)


def _pick(choice: Choice, terminal: int) -> str:
    try:
        while True:
            _draw(choice, terminal)
            key = _key(terminal)
            if key == "leave":
                raise Declined("Nothing was picked.")
            if key == "take" and choice.taken:
                return choice.taken
            choice = choice.pressed(key) if key != "take" else choice
    finally:
        os.write(terminal, b"\r\x1b[J")


def _draw(choice: Choice, terminal: int) -> None:
    """Draw over what was drawn before, and leave the cursor behind the query, where one types."""
    width, height = os.get_terminal_size(terminal)
    head, *rows = choice.lines(width or 80, height or 24)
    below = "".join(f"\r\n{row}" for row in rows)
    up = f"\x1b[{len(rows)}A" if rows else ""
    os.write(terminal, f"\r\x1b[J{head}{below}{up}\r\x1b[{len(head)}C".encode())


def _key(terminal: int) -> str:
    """The next key by its name, or what was typed; '' for keys that mean nothing here."""
    data = os.read(terminal, 1)
    if data == b"\x1b":
        while not _WHOLE.fullmatch(data) and select.select([terminal], [], [], ESCAPE_WITHIN)[0]:
            data += os.read(terminal, 1)
    if data in _KEYS:
        return _KEYS[data]
    text = data.decode("ascii", "ignore")
    return text if text.isprintable() else ""


def _shown(line: str, width: int) -> str:
    """What can do nothing to a terminal, and fits into a line of it."""
    return "".join(character if character.isprintable() else "?" for character in line)[: width - 1]


@contextmanager
def _keys_at_once(terminal: int) -> Iterator[None]:
    """Keys come one by one and unseen. Ctrl-C still interrupts, as does SIGTERM, which else would leave it like that.

    Ctrl-Z does nothing while the terminal is ours.
    """
    before = termios.tcgetattr(terminal)
    ours = termios.tcgetattr(terminal)
    ours[3] &= ~(termios.ICANON | termios.ECHO)
    ours[6][termios.VMIN], ours[6][termios.VTIME] = 1, 0
    ours[6][termios.VSUSP] = bytes([os.fpathconf(terminal, "PC_VDISABLE")])
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    termios.tcsetattr(terminal, termios.TCSADRAIN, ours)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
