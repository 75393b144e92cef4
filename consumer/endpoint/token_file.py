"""The file that the authorization token is in: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE of every client."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault_aws_kit.errors import OutputNotWritable


@contextmanager
def written(path: Path | None, token: str) -> Iterator[Path]:
    """A file that holds the token, for its owner alone, and is removed at the end; None is a temporary one.

    Raises OutputNotWritable.
    """
    place = path or Path(tempfile.mkdtemp(prefix="vault-aws-kit-")) / "token"
    try:
        _write(place, token)
    except OSError as error:
        raise OutputNotWritable(
            f"The authorization token can't be written to {place}: {error.strerror}.",
            hint="Name a file in a folder that you may write to with --token-file.",
        ) from None
    try:
        yield place.absolute()
    finally:
        place.unlink(missing_ok=True)
        if path is None:
            place.parent.rmdir()


def _write(path: Path, token: str) -> None:
    """In one step, and never over a link's target. SDKs take the text as it is: there is no line's end."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:  # mkstemp's mode is 0600
            file.write(token)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
