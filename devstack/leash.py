"""Ending a stack when the process that wanted it is gone, however it went: its end of a pipe closes in any case."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ROOT = Path(__file__).parents[1]


@contextmanager
def on(folder: Path) -> Iterator[None]:
    """End the stack of a folder, and remove the folder, after the block or when this process dies."""
    argv = [sys.executable, "-m", "devstack.leash", str(folder)]
    watcher = subprocess.Popen(argv, cwd=_ROOT, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        watcher.communicate()


def main() -> None:
    """Wait for the end of the pipe, whatever signals come, and end the stack."""
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, signal.SIG_IGN)
    sys.stdin.buffer.read()
    _end(Path(sys.argv[1]))


def _end(folder: Path) -> None:
    if any(folder.glob("*")):
        from devstack.stack import down

        down(folder)
    with suppress(OSError):
        folder.rmdir()


if __name__ == "__main__":
    main()
