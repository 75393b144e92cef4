"""Writing a result to a file: in one step, and over nothing that somebody else wrote."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from vault_aws_kit.errors import OutputExists, OutputNotWritable


def write(path: Path, text: str, *, force: bool = False) -> bool:
    """Write a file that holds no secret; False where it had this text already. Links are followed.

    Raises OutputExists where it holds something else and `force` isn't given, OutputNotWritable.
    """
    place = Path(os.path.realpath(path))
    try:
        there = place.read_bytes() if place.exists() else None
        if there == text.encode():
            return False
        if there is not None and not force:
            raise OutputExists(
                f"{path} exists and holds something else.", hint="Use --force to replace it, or another --out."
            )
        _replace(place, text)
    except OSError as error:
        raise OutputNotWritable(
            f"{path} can't be written: {error.strerror}.", hint="Name a file in a folder that you may write to."
        ) from None
    return True


def _replace(place: Path, text: str) -> None:
    """Whoever looks sees the old file or the new one; a new one has the usual mode, an old one keeps its own."""
    mode = place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
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
