"""Running programs that build or download, and reading what others answer."""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from devstack.errors import CommandFailed

_TAIL = 25  # lines of a failed program's output that its error shows
_running: set[subprocess.Popen[str]] = set()


def run(argv: Sequence[str | Path], environ: Mapping[str, str], cwd: Path | None = None) -> str:
    """Run a program to its end and return what it printed. Raises CommandFailed with the end of its output."""
    words = [str(word) for word in argv]
    with subprocess.Popen(
        words,
        env=dict(environ),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as program:
        _running.add(program)
        try:
            said = program.communicate()[0]
        finally:
            _running.discard(program)
    if program.returncode:
        raise CommandFailed(f"{shlex.join(words)} ended with {program.returncode}:\n{tail(said)}")
    return said


def interrupt() -> None:
    """Interrupt what other threads run: whoever waits for one of several has no use for the rest when it fails."""
    for program in list(_running):
        program.send_signal(signal.SIGINT)


def answer(argv: Sequence[str | Path], environ: Mapping[str, str]) -> str:
    """What a program prints on stdout; '' if it fails, can't be started or takes more than 20 s."""
    try:
        done = subprocess.run(
            [str(word) for word in argv],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def tail(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines()[-_TAIL:])
