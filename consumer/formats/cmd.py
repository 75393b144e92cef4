"""For `for /f "delims=" %i in ('consumer creds … --format cmd') do @call %i` in cmd, or in a file that it calls.

Source: https://learn.microsoft.com/windows-server/administration/windows-commands/set_1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from consumer import environment
from consumer.formats.interface import Format
from consumer.formats.plain import plain

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials


class Cmd(Format):
    """cmd expands `%` and `!` even between quotes, and has no way to write a quote: values must be plain."""

    name: ClassVar[str] = "cmd"

    def text(self, credentials: Credentials) -> str:
        given = environment.variables(credentials)
        lines = [f'set "{name}="' for name in environment.stale(given)]
        lines += [f'set "{name}={plain(name, value, "cmd")}"' for name, value in given.items()]
        return "\n".join(lines) + "\n"
