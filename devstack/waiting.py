"""Waiting until a process that was started is ready, for a limited time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from devstack.errors import StackError
from devstack.processes import Process, alive
from devstack.programs import tail

_POLL = 0.02  # seconds


def wait(what: str, ready: Callable[[], bool], process: Process, log: Path, deadline: float) -> None:
    """Return when `ready` says so. Raises StackError if the process ends before, or after `deadline` seconds."""
    end = time.monotonic() + deadline
    while not ready():
        if not alive(process):
            raise StackError(f"{what} ended at once. It said:\n{_said(log)}")
        if time.monotonic() > end:
            raise StackError(f"{what} wasn't ready after {deadline:.0f} s. It said:\n{_said(log)}")
        time.sleep(_POLL)


def _said(log: Path) -> str:
    return tail(log.read_text(errors="replace")) if log.exists() else "  (nothing)"
