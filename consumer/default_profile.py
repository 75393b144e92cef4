"""AWS's own files: whether their default profile would win over a container endpoint, as it does in every SDK."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path

FILES = {"AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials", "AWS_CONFIG_FILE": ".aws/config"}
"""The variables that name them, and where they are below the home folder otherwise."""
_SECTIONS = ("default", "profile default")
_FIND_CREDENTIALS = (
    "aws_access_key_id",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "source_profile",
    "sso_",
    "web_identity_token_file",
)


def winning_files(environment: Mapping[str, str]) -> list[str]:
    """The variables whose files hold credentials of the default profile, or can't be read as such files."""
    return [name for name, usual in FILES.items() if _wins(_place(environment, name, usual))]


def _place(environment: Mapping[str, str], name: str, usual: str) -> Path:
    home = Path(environment.get("HOME") or Path.home())
    return Path(environment[name]).expanduser() if environment.get(name) else home / usual


def _wins(path: Path) -> bool:
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return False
    parser = configparser.RawConfigParser(default_section="", strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return True
    options = [option for section in _SECTIONS if parser.has_section(section) for option in parser.options(section)]
    return any(option.startswith(_FIND_CREDENTIALS) for option in options)
