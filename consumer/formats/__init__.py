"""Shapes in which credentials are printed: one file for each, all behind `interface.Format`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from consumer.formats.interface import Format

_PLACES = {
    "env": ("env", "Env"),
    "fish": ("fish", "Fish"),
    "powershell": ("powershell", "PowerShell"),
    "cmd": ("cmd", "Cmd"),
    "dotenv": ("dotenv", "Dotenv"),
    "json": ("json_text", "Json"),
    "credential-process": ("credential_process", "CredentialProcess"),
    "shared-credentials": ("shared_credentials", "SharedCredentials"),
    "github-actions": ("github_actions", "GitHubActions"),
}


class _Formats(Mapping[str, "Format"]):
    """Every format by its name, loaded when it is asked for: a person waits for each `consumer creds`."""

    def __getitem__(self, name: str) -> Format:
        module, kind = _PLACES[name]
        made: Format = getattr(importlib.import_module(f"consumer.formats.{module}"), kind)()
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


FORMATS = _Formats()
