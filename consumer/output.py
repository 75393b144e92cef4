"""Writing a result to a file: in one step, and over nothing that somebody else wrote."""

from __future__ import annotations

import os
from pathlib import Path

from vault_aws_kit import files, terminal
from vault_aws_kit.errors import OutputExists, OutputNotWritable


def write(path: Path, text: str, *, force: bool = False) -> bool:
    """Write a file that holds no secret; False where it had this text already. Links are followed.

    Raises OutputExists where it holds something else and `force` isn't given, OutputNotWritable.
    """
    try:
        there = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise OutputNotWritable(
            f"{path} can't be read: {error.strerror}.", hint="Name a file in a folder that you may write to."
        ) from None
    if there == text.encode():
        return False
    if there is not None and not force:
        raise OutputExists(
            f"{path} exists and holds something else.", hint="Use --force to replace it, or another --out."
        )
    files.replace(path, text.encode())
    return True


def check_place(path: Path) -> None:
    """Raises OutputNotWritable where `write_secret` would surely fail: to be asked before there is a secret to lose."""
    folder = path.parent
    if not folder.is_dir():
        raise OutputNotWritable(f"There is no folder {folder}.", hint="Name a file in a folder that is there.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputNotWritable(
            f"{path} can't be written: you may not write to {folder}.",
            hint="Name a file in a folder that you may write to.",
        )
    if (path.exists() or path.is_symlink()) and not (path.is_file() or path.is_symlink()):
        raise OutputNotWritable(f"{path} is no file, so it can't be replaced.", hint="Name a file, or leave --out out.")


def write_secret(path: Path, text: str) -> None:
    """Put a file in that place that only its owner can read, whatever was there. A link is replaced, not followed.

    Raises OutputNotWritable.
    """
    check_place(path)
    files.replace_privately(path, text.encode())


def put_secret(text: str, path: Path | None) -> None:
    """Print a secret, or put it into a file that only its owner can read. Raises OutputNotWritable."""
    if path is None:
        terminal.emit(text)
        return
    write_secret(path, text)
    terminal.say(f"Wrote {path}, which only you can read.")


def make_folder(path: Path) -> None:
    """Make a folder where there is none. Raises OutputNotWritable."""
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputNotWritable(
            f"The folder {path} can't be made: {error.strerror}.", hint="Name one in a folder that is there."
        ) from None


def remove(path: Path) -> None:
    """Take a file away. Raises OutputNotWritable."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputNotWritable(
            f"{path} can't be removed: {error.strerror}.", hint="Remove it yourself: nothing in it is needed any more."
        ) from None
