"""Tokens of logins that nobody was asked for, kept for the processes that come after.

One file for each address, namespace, method, mount, role and proof, in a folder of the user's cache that nobody else
may enter: so a token is found again only by who could log in for it, and a person's ~/.vault-token is never touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

from vault_aws_kit import clock

if TYPE_CHECKING:
    from vault_aws_kit.auth.interface import Login

WAIT = 60.0  # seconds for which another process may be logging in
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Kept:
    """A token, when it ends ('' for never), and how many seconds it had when it was new."""

    token: str = field(repr=False)
    expires: str
    ttl: int
    renewable: bool

    @classmethod
    def of(cls, login: Login) -> Kept:
        return cls(login.token, _end(login.ttl), login.ttl, login.renewable)

    def renewed(self, seconds: int) -> Kept:
        """After a renewal for so many seconds: fewer than at first where its longest life comes near."""
        return Kept(self.token, _end(seconds), self.ttl, self.renewable)

    @property
    def remaining(self) -> float:
        """Seconds that are left."""
        return (clock.moment(self.expires) - clock.now()).total_seconds() if self.expires else float("inf")

    @property
    def fresh(self) -> bool:
        """Whether it lasts for a while: with less than a third left it is renewed or replaced."""
        return not self.ttl or self.remaining > self.ttl / 3


@dataclass(frozen=True)
class Store:
    """The folder of kept tokens. Whatever can't be read, or could be read by others, is as if it weren't there."""

    folder: Path

    @classmethod
    def of_user(cls) -> Store:
        import platformdirs

        return cls(platformdirs.user_cache_path("vault-aws-kit") / "tokens")

    def read(self, key: str) -> Kept | None:
        try:
            with _opened(self._path(key)) as file:
                found = Kept(**json.load(file))
            living = found.remaining > 0
        except (OSError, ValueError, TypeError):
            return None
        return found if living else None

    def write(self, key: str, kept: Kept) -> None:
        """Replace a token in one step, and forget those that have ended. Raises OSError."""
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".tmp")  # 0600
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(asdict(kept), file)
            Path(name).replace(self._path(key))
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        self._forget_ended()

    @contextlib.contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Alone with one token. Raises OSError (also where another process takes longer than WAIT).

        A few locks serve all tokens, so that no files pile up where each CI job has a proof of its own.
        """
        from filelock import FileLock

        self._make()
        with FileLock(self.folder / f"{key[0]}.lock", timeout=WAIT, mode=0o600):
            yield

    def _make(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.folder.lstat()
        if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
            raise PermissionError(f"{self.folder} is somebody else's")
        if found.st_mode & _OTHERS:
            self.folder.chmod(0o700)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def _forget_ended(self) -> None:
        """Remove what is of no use any more, and what a killed process left half done."""
        for path in self.folder.glob("*.json"):
            if self.read(path.stem) is None:
                path.unlink(missing_ok=True)
        for path in self.folder.glob(".*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > WAIT:
                    path.unlink()


def key(parts: Mapping[str, str]) -> str:
    """The name of a token's file; what stands in it can't be read from the name."""
    return hashlib.sha256(json.dumps(dict(parts), sort_keys=True).encode()).hexdigest()[:32]


def _opened(path: Path) -> IO[str]:
    """A file that is its owner's alone. Raises OSError for one that isn't, and for a link."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW))
    found = os.fstat(file.fileno())
    if found.st_uid != os.getuid() or found.st_mode & _OTHERS:
        file.close()
        raise PermissionError(f"{path} is not its owner's alone")
    return file


def _end(seconds: int) -> str:
    return (clock.now() + timedelta(seconds=seconds)).isoformat() if seconds else ""
