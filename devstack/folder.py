"""The folder of a stack: what is in it, and that one process at a time works on it.

env          what a shell sources; complete, and so there, only when the stack is
stack.json   its processes or containers, and what it is made of; no secret is in it
*.log        what the processes print
server/ aws/ terraform/   what belongs to them
bin/         links to the kit's commands and the server's own program, for the PATH
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from devstack.compose import Project
from devstack.errors import StackError
from devstack.processes import Process

_NAMES = ("env", "server.log", "aws.log", "server", "aws", "terraform", "bin", "stack.json")  # the record goes last


@dataclass(frozen=True)
class Folder:
    """The place of one stack, as an absolute path."""

    path: Path

    @property
    def env(self) -> Path:
        return self.path / "env"

    @property
    def record(self) -> Path:
        return self.path / "stack.json"

    @property
    def bin(self) -> Path:
        return self.path / "bin"

    def log(self, name: str) -> Path:
        return self.path / f"{name}.log"

    def processes(self) -> list[Process]:
        """The processes that were started here, whether or not they still run."""
        return [Process(**process) for process in self._read().get("processes", ())]

    def project(self) -> Project | None:
        """The containers that were started here, whether or not they still run."""
        found = self._read().get("project")
        return Project(found["name"], tuple(found["command"])) if found else None

    def title(self) -> str:
        return str(self._read().get("title", ""))

    def begin(self, title: str) -> None:
        """Make it a stack's folder, which is empty or was cleared."""
        self._write({"title": title})

    def add(self, part: Process | Project) -> None:
        """Record a part of the stack: a process as soon as it runs, a project before."""
        record = self._read()
        if isinstance(part, Project):
            self._write({**record, "project": asdict(part)})
        else:
            self._write({**record, "processes": [*record.get("processes", ()), asdict(part)]})

    def put(self, path: Path, text: str) -> None:
        """Write a file that appears whole, and that only the user can read."""
        partial = path.with_name(f"{path.name}.partial")
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
            file.write(text)
        partial.rename(path)

    def link(self, programs: Iterable[Path]) -> None:
        """Put those of the programs that are there into `bin`."""
        self.bin.mkdir(mode=0o700, exist_ok=True)
        for program in programs:
            if program.exists():
                (self.bin / program.name).symlink_to(program)

    def clear(self) -> None:
        """Remove what a stack puts here."""
        for name in _NAMES:
            path = self.path / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Clear it, and remove it if nothing else is in it."""
        self.clear()
        with suppress(OSError):
            self.path.rmdir()

    def make(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder, which must exist, while nobody else does. The lock is on itself: it leaves no file."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            raise StackError(f"{self.path} isn't there, or no longer.") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._check(handle)
            yield
        finally:
            os.close(handle)

    def _check(self, handle: int) -> None:
        """Whoever held the folder may have removed it; and one that holds somebody's files must stay untouched."""
        if not self.path.exists() or not os.path.samestat(os.fstat(handle), self.path.stat()):
            raise StackError(f"{self.path} was removed meanwhile. Try again.")
        if not self.record.exists() and any(self.path.iterdir()):
            raise StackError(f"{self.path} is no stack's folder, and not empty. Name another with --dir.")

    def _read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.record.read_text()))
        except FileNotFoundError:
            return {}

    def _write(self, record: dict[str, Any]) -> None:
        self.put(self.record, json.dumps(record, indent=2))
