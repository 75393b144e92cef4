"""Replacing a file in one step: whoever looks sees the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault_aws_kit.errors import OutputNotWritable


def replace(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file. Links are followed; an old file keeps its mode, a new one has the usual, or is its owner's alone.

    Raises OutputNotWritable.
    """
    place = Path(os.path.realpath(path))
    with _explained(path):
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o600 if private else 0o666 & ~_umask()
        _swap(place, data, mode)


def replace_privately(path: Path, data: bytes) -> None:
    """Write a file that is its owner's alone, whatever was there: a link is replaced too. Raises OutputNotWritable."""
    with _explained(path):
        _swap(path, data, 0o600)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputNotWritable(
            f"{path} can't be written: {error.strerror}.", hint="Name a file in a folder that you may write to."
        ) from None


def _swap(place: Path, data: bytes, mode: int) -> None:
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        fresh.chmod(mode)
        fresh.replace(place)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
