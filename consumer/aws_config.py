"""AWS's config file: where it is, and changing it without losing what somebody else writes meanwhile."""

from __future__ import annotations

import configparser
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from vault_aws_kit import files
from vault_aws_kit.errors import OutputNotWritable
from vault_aws_kit.settings import home


def config_file(env: Mapping[str, str] | None = None) -> Path:
    """Where AWS's SDKs find it: AWS_CONFIG_FILE, else ~/.aws/config."""
    return _place(os.environ if env is None else env, "AWS_CONFIG_FILE", "config")


def has_keys(name: str, env: Mapping[str, str] | None = None) -> Path | None:
    """The shared credentials file, if it has keys of this profile: those go before a credential_process."""
    file = _place(os.environ if env is None else env, "AWS_SHARED_CREDENTIALS_FILE", "credentials")
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, encoding="utf-8")
    except (OSError, ValueError, configparser.Error):
        return None
    return file if parser.has_option(name, "aws_access_key_id") else None


def change(file: Path, changed: Callable[[str], str]) -> bool:
    """Replace the file's text by what `changed` makes of it; False where that is the same. Raises OutputNotWritable.

    A new file is its owner's alone, an old one stays as it was, and links are followed.
    """
    try:
        with _alone(Path(os.path.realpath(file)).parent):
            before = file.read_bytes() if file.exists() else b""
            after = changed(before.decode(errors="surrogateescape")).encode(errors="surrogateescape")
            if after == before:
                return False
            files.replace(file, after, private=True)
    except OSError as error:
        raise OutputNotWritable(
            f"{file} can't be changed: {error.strerror}.", hint="Set AWS_CONFIG_FILE to a file that is yours."
        ) from None
    return True


def _place(env: Mapping[str, str], variable: str, name: str) -> Path:
    given = env.get(variable)
    return Path(given).expanduser() if given else home(env) / ".aws" / name


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder, which leaves no lock file behind, until the block is done."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
