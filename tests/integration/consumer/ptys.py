"""A program on a terminal of its own: what a person types to it, and what she sees."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

_ON_IT = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
DEADLINE = 60  # seconds: the machine may be busy


class Pty:
    """A program whose controlling terminal, stdin and stderr are a terminal's other end, and its stdout a pipe."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], *, size: tuple[int, int], whole: bool) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self._theirs = theirs
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ON_IT, *argv], env=env, stdin=theirs, stderr=theirs,
            stdout=theirs if whole else subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self._unread = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")  # a character may come in two reads

    def wait_for(self, text: str) -> str:
        """Read on until the terminal shows a text; gives all that it showed since the last time, this text included."""
        deadline = time.monotonic() + DEADLINE
        while text not in self._unread:
            left = deadline - time.monotonic()
            assert select.select([self._ours], [], [], max(left, 0))[0], f"never saw {text!r} in {self._unread!r}"
            self._unread += self._decoder.decode(os.read(self._ours, 65536))
        before, _, self._unread = self._unread.partition(text)
        return before + text

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """The exit code and what stood on stdout, once the program has ended."""
        out, _ = self._process.communicate(timeout=DEADLINE)
        return self._process.returncode, (out or b"").decode()

    def settings(self) -> list:
        """The terminal's settings now."""
        return termios.tcgetattr(self._theirs)

    def close(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        os.close(self._ours)
        os.close(self._theirs)


@contextmanager
def on_a_terminal(
    argv: Sequence[str], env: Mapping[str, str], *, size: tuple[int, int] = (24, 80), whole: bool = False
) -> Iterator[Pty]:
    """`size` is lines and columns; `whole` puts stdout on the terminal too."""
    program = Pty(argv, env, size=size, whole=whole)
    try:
        yield program
    finally:
        program.close()
