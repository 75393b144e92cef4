"""For `consumer creds … | Out-String | Invoke-Expression` in PowerShell.

Source: https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from consumer import environment
from consumer.formats.interface import Format

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials

_PRINTABLE = re.compile(r"[ -~]+")


class PowerShell(Format):
    """Single-quoted, where nothing is expanded and a quote is doubled.

    PowerShell reads four curly quotes as single ones too, and decodes a program's output by the console's code page, in
    which any byte beyond ASCII can become one of them. So what is not printable ASCII is written as `[char]N`.
    """

    name: ClassVar[str] = "powershell"

    def text(self, credentials: Credentials) -> str:
        given = environment.variables(credentials)
        stale = ", ".join(f"Env:{name}" for name in environment.stale(given))
        lines = [f"Remove-Item -ErrorAction Ignore {stale}"]
        lines += [f"$env:{name} = {_expression(value)}" for name, value in given.items()]
        return "\n".join(lines) + "\n"


def _expression(value: str) -> str:
    """An expression whose value this is. It begins with a text, so that every `+` after it joins texts."""
    parts = re.split(r"([ -~]+)", value)
    written = [_quoted(part) if _PRINTABLE.fullmatch(part) else _characters(part) for part in parts if part]
    if not written or not written[0].startswith("'"):
        written.insert(0, "''")
    return " + ".join(written)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _characters(text: str) -> str:
    """UTF-16's units, of which PowerShell's texts consist."""
    units = text.encode("utf-16-be")
    return " + ".join(f"[char]{int.from_bytes(units[at : at + 2])}" for at in range(0, len(units), 2))
