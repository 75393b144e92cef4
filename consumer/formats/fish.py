"""For `consumer creds … | source` in fish.

Source: https://fishshell.com/docs/current/language.html#quotes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from consumer import environment
from consumer.formats.interface import Format

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials


class Fish(Format):
    """Between single quotes nothing but a backslash before a quote or another one means anything."""

    name: ClassVar[str] = "fish"

    def text(self, credentials: Credentials) -> str:
        given = environment.variables(credentials)
        stale = environment.stale(given)
        lines = [f"set -e {name}" for name in stale]
        lines += [f"set -gx {name} {_quoted(value)}" for name, value in given.items()]
        return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
