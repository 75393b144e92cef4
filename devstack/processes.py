"""Starting processes that outlive us, and ending exactly those.

Each is the leader of a session of its own, so that its children (Vault runs engines as processes) end with it. A
process is known by its ID and the moment it started: an ID that the system gave to somebody else is left alone.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MARK = "DEVSTACK_MARK"
_PROC = Path("/proc")
_POLL = 0.02  # seconds


@dataclass(frozen=True)
class Process:
    """A process that was started; `started` is comparable only with itself. `mark` stands in its environment."""

    name: str
    pid: int
    started: str
    mark: str


def start(name: str, argv: Sequence[str], environ: Mapping[str, str], log: Path) -> Process:
    """Start a program, by its absolute path. Its output goes to a file that only the user can read."""
    mark = secrets.token_hex(8)
    pid = os.posix_spawn(
        argv[0],
        list(argv),
        {**environ, MARK: mark},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    return Process(name, pid, _started(pid), mark)


def alive(process: Process) -> bool:
    """Whether this very process still runs."""
    _reap(process.pid)
    return bool(process.started) and _started(process.pid) == process.started


def end(processes: Iterable[Process], grace: float = 5.0) -> None:
    """End the processes with all their children: politely, and after `grace` seconds for good."""
    doomed = list(processes)
    for kind in (signal.SIGTERM, signal.SIGKILL):
        sent = [process for process in doomed if _signal(process, kind)]
        deadline = time.monotonic() + grace
        while any(_members(process) for process in sent) and time.monotonic() < deadline:
            time.sleep(_POLL)


def _signal(process: Process, kind: signal.Signals) -> bool:
    members = _members(process)
    for pid in members:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, kind)
    return bool(members)


def _members(process: Process) -> list[int]:
    """The process and what it left in its session."""
    _reap(process.pid)
    if alive(process):
        return [pid for pid in _all() if _session(pid) == process.pid]
    if _started(process.pid):
        return []  # somebody else has the ID now, which the system gives away only when the session is empty
    return [pid for pid in _all() if _session(pid) == process.pid and _marked(pid, process.mark)]


def _all() -> list[int]:
    if _PROC.is_dir():
        return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal() and _started(int(entry.name))]
    listed = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True)
    return [int(pid) for pid in listed.stdout.split()]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return 0


def _marked(pid: int, mark: str) -> bool:
    """Whether a process was started by us, where the system can tell."""
    if not _PROC.is_dir():
        return True
    try:
        return f"{MARK}={mark}".encode() in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _started(pid: int) -> str:
    """When a process started, in the system's own notation; '' if it has ended, reaped or not."""
    if _PROC.is_dir():
        return _started_by_proc(pid)
    found = subprocess.run(["ps", "-o", "lstart=,stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    started, _, state = found.stdout.strip().rpartition(" ")
    return "" if state.startswith("Z") else started.strip()


def _started_by_proc(pid: int) -> str:
    """Boot and ticks since then: field 22 of proc(5)'s stat, counted behind the name, which may hold anything."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except (OSError, IndexError):
        return ""
    state, ticks = fields[0], fields[19]
    return "" if state in "ZX" else f"{boot} {ticks}"


def _reap(pid: int) -> None:
    """Let go of a child that has ended; whoever else's child it is, is theirs."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
