"""What was built or downloaded once, kept in the user's cache folder under a key of all that went into it.

A build happens in a folder of its own beside its final place and is moved there when it is complete, so whatever has
its final name is whole. One process builds a thing; others that need it wait. What an interrupted build left behind
is removed by the next build, unless somebody is still working on it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

log = logging.getLogger("devstack")

_UNFINISHED = ".unfinished-"


def root() -> Path:
    """The cache folder: VAULT_AWS_KIT_CACHE, or the user's own (XDG_CACHE_HOME moves it)."""
    chosen = os.environ.get("VAULT_AWS_KIT_CACHE")
    folder = Path(chosen).absolute() if chosen else platformdirs.user_cache_path("vault-aws-kit")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def key(*parts: str | bytes | Path) -> str:
    """A short digest of texts and of files' contents."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.hexdigest()[:16]


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name, which `make` fills if it isn't there yet; `name` ends in its key."""
    folder = root() / name
    if folder.is_dir():
        return folder
    with _building(name):
        if not folder.is_dir():
            _remove_leftovers(held=name)
            unfinished = Path(tempfile.mkdtemp(prefix=f"{name}{_UNFINISHED}", dir=root()))
            try:
                make(unfinished)
                unfinished.rename(folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    return folder


@contextmanager
def _building(name: str) -> Iterator[None]:
    lock = FileLock(_lock(name))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.info("Waiting for %s, which is already being made …", name)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _remove_leftovers(held: str) -> None:
    """Remove what killed builds left: the system has dropped their locks. `held` is the one that we hold."""
    for leftover in root().glob(f"*{_UNFINISHED}*"):
        name = leftover.name.partition(_UNFINISHED)[0]
        try:
            with nullcontext() if name == held else FileLock(_lock(name), timeout=0):
                shutil.rmtree(leftover, ignore_errors=True)
        except Timeout:
            continue


def _lock(name: str) -> Path:
    return root() / f"{name}.lock"
