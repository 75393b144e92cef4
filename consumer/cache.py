"""Credentials that were issued and are still good, kept for the next process that asks for the same.

One file for each set, in a folder of the user's cache that nobody else may enter: FOLDER/NAME.json holds
`{"version": 1, "ends": MOMENT, "sealed": BASE64}`, sealed with the secret of who asked (a Vault token). Who has another
token finds nothing, and can read nothing. Whatever can't be read is as if it weren't there, and is replaced.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import fcntl
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from consumer.seal import NotOurs, Seal
from vault_aws_kit import clock
from vault_aws_kit.credentials import Credentials
from vault_aws_kit.errors import CacheUnusable

VERSION = 1
USUAL = timedelta(minutes=5)
LOCK_WAIT = 120.0  # seconds for which another process may be asking for the same
LOCK_PAUSE = 0.02  # seconds between two tries
SKEW = timedelta(seconds=60)
ASKING, WAITING = "asking", "waiting"  # for credentials, for AWS to accept them: locks of their own
CODE = "code"  # asking for credentials, and first a person for a code: nobody else's may wait for that
BUSY_AFTER = 1.0  # seconds after which one who waits is told why
LONGEST = 1 << 20  # bytes: nothing that the kit wrote is longer
MACOS, XDG = "~/Library/Caches", "~/.cache"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Entry:
    """Credentials, when they were stored, and when they are no longer served.

    That is the end of the credentials or of who asked for them (`owner_ends`), whichever is first. `accepted` is
    whether AWS was seen to accept them.
    """

    credentials: Credentials
    stored: datetime
    ends: datetime
    owner_ends: datetime | None = None
    accepted: bool = False

    def lasts(self, min_ttl: int | None) -> bool:
        """Whether they live for so many seconds more; None is 5m, or a third of their life where that is shorter.

        An entry from the future was stored when the clock was wrong, and so its end is wrong too.
        """
        now = clock.now()
        least = timedelta(seconds=min_ttl) if min_ttl is not None else min(USUAL, (self.ends - self.stored) / 3)
        return self.stored <= now + SKEW and self.ends > now + least


@dataclass(frozen=True)
class Store:
    """The kept credentials of one secret."""

    folder: Path
    secret: str = field(repr=False)

    @classmethod
    def of_user(cls, secret: str) -> Store:
        """The user's own, in the system's cache folder (XDG_CACHE_HOME moves it)."""
        return cls(_user_cache() / "vault-aws-kit" / "credentials", secret)

    @property
    def _seal(self) -> Seal:
        return Seal(self.secret)

    def key(self, identity: Mapping[str, str]) -> str:
        """The name of an entry, which tells nothing of what it is for."""
        return self._seal.name(json.dumps(dict(identity), sort_keys=True).encode())

    def read(self, key: str) -> Entry | None:
        """What is kept under a key and may still be served. Raises OSError, CacheUnusable."""
        if not self._is_there():
            return None
        entry = self._opened(self._path(key))
        return entry if entry and entry.ends > clock.now() else None

    def write(self, key: str, entry: Entry) -> None:
        """Keep credentials, in one step, and forget whatever has ended. Raises OSError, CacheUnusable."""
        self._make()
        ends = clock.timestamp(entry.ends)
        sealed = base64.b64encode(self._seal.close(_dump(entry), _place(key, ends))).decode()
        self._replace(self._path(key), json.dumps({"version": VERSION, "ends": ends, "sealed": sealed}))
        self._forget_ended()

    def forget(self, key: str) -> None:
        """Nothing there is fine. Raises OSError."""
        self._path(key).unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(
        self, key: str, purpose: str, patience: float = LOCK_WAIT, busy: Callable[[], None] = lambda: None
    ) -> Iterator[None]:
        """Alone with one entry for ASKING, WAITING or CODE. Raises OSError (also after `patience`), CacheUnusable.

        The lock ends with the process that has it, however that ends. A few locks serve all entries, so that their
        files don't pile up. `busy` is called once where another process has it for longer than BUSY_AFTER.
        """
        self._make()
        with self._lock(key, purpose, patience, busy):
            yield

    def entries(self) -> dict[str, Entry]:
        """What this secret opens and may still be served, by key. Raises CacheUnusable."""
        found = {path.stem: self._opened(path) for path in self._paths()}
        return {key: entry for key, entry in found.items() if entry and entry.ends > clock.now()}

    def others(self) -> list[str]:
        """The keys of entries that this secret doesn't open. Raises CacheUnusable."""
        return [path.stem for path in self._paths() if self._opened(path) is None]

    def unusable(self, why: str) -> CacheUnusable:
        """The error for a folder of which `why` is true."""
        return CacheUnusable(
            f"The folder for cached credentials, {self.folder}, {why}.",
            hint="Remove it, set XDG_CACHE_HOME to a folder of your own, or use --no-cache.",
        )

    @contextlib.contextmanager
    def _lock(self, key: str, purpose: str, timeout: float, busy: Callable[[], None] = lambda: None) -> Iterator[None]:
        """The system's own lock on a file, which it takes back from a process that ends. Raises OSError."""
        path = self.folder / f"{purpose}-{key[:2]}.lock"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            began, told = time.monotonic(), False
            while not _locks(handle):
                waited = time.monotonic() - began
                if waited > timeout:
                    raise TimeoutError(errno.ETIMEDOUT, "another process takes too long")
                if waited > BUSY_AFTER and not told:
                    told = True
                    busy()
                time.sleep(LOCK_PAUSE)
            yield
        finally:
            os.close(handle)

    # ── files ────────────────────────────────────────────────────────────────────────────────────

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def _paths(self) -> list[Path]:
        try:
            return sorted(self.folder.glob("*.json")) if self._is_there() else []
        except OSError as error:
            raise self.unusable(f"can't be read: {error.strerror}") from None

    def _is_there(self) -> bool:
        """Whether there is a folder, and it is ours alone. Raises CacheUnusable where it is somebody else's."""
        try:
            found = self.folder.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        if not stat.S_ISDIR(found.st_mode):
            raise self.unusable("is a link or a file, and no folder")
        if found.st_uid != os.geteuid():
            raise self.unusable(f"belongs to another user (uid {found.st_uid})")
        if found.st_mode & _OTHERS:
            with contextlib.suppress(OSError):  # what stands in there is sealed all the same
                self.folder.chmod(0o700)
        return True

    def _make(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._is_there()

    def _replace(self, path: Path, text: str) -> None:
        fresh = self.folder / f".{path.stem}-{os.urandom(8).hex()}.tmp"
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise

    def _opened(self, path: Path) -> Entry | None:
        """An entry of this secret; None for whatever else stands there."""
        try:
            value = json.loads(_private(path))
            place = _place(path.stem, value["ends"])
            return _load(self._seal.open(base64.b64decode(value["sealed"]), place))
        except (OSError, ValueError, KeyError, TypeError, NotOurs):
            return None

    def _forget_ended(self) -> None:
        """Remove what is of no use to anybody, and what a killed process left half done.

        What somebody else is at work on is left alone: it may be new by now.
        """
        for path in filter(_has_ended, self.folder.glob("*.json")):
            with contextlib.suppress(OSError), self._lock(path.stem, ASKING, 0), self._lock(path.stem, CODE, 0):
                if _has_ended(path):
                    path.unlink()
        for path in self.folder.glob(".*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - path.lstat().st_mtime > LOCK_WAIT:
                    path.unlink()


def _locks(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _user_cache() -> Path:
    """What platformdirs says too, and a test compares them: loading that would be a tenth of a cached answer's time."""
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return chosen if chosen.is_absolute() else Path(MACOS if sys.platform == "darwin" else XDG).expanduser()


def _private(path: Path) -> str:
    """The text of a file that is its owner's alone. Raises OSError for one that isn't, and for a link."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)) as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.geteuid() or found.st_mode & _OTHERS or not stat.S_ISREG(found.st_mode):
            raise PermissionError(f"{path} is not its owner's alone")
        return file.read(LONGEST)


def _has_ended(path: Path) -> bool:
    """Whether nobody can want it any more: it has ended, or is nothing that the kit wrote."""
    try:
        return clock.moment(json.loads(_private(path))["ends"]) <= clock.now()
    except (OSError, ValueError, KeyError, TypeError):
        return True


def _place(key: str, ends: str) -> bytes:
    """What an entry is bound to: its name, and the end that stands beside it."""
    return f"{VERSION} {key} {ends}".encode()


def _dump(entry: Entry) -> bytes:
    return json.dumps(asdict(entry), default=datetime.isoformat).encode()


def _load(text: bytes) -> Entry:
    """Raises ValueError, KeyError or TypeError for what another version of the kit wrote."""
    value: dict[str, Any] = json.loads(text)
    credentials = value.pop("credentials")
    return Entry(
        credentials=Credentials(**{**credentials, "expires": _moment(credentials["expires"])}),
        stored=clock.moment(value["stored"]),
        ends=clock.moment(value["ends"]),
        owner_ends=_moment(value["owner_ends"]),
        accepted=bool(value["accepted"]),
    )


def _moment(text: str | None) -> datetime | None:
    return clock.moment(text) if text else None
