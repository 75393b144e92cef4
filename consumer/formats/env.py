"""For `eval "$(consumer creds …)"` in any POSIX shell."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from consumer import environment
from consumer.formats.interface import Format

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials


class Env(Format):
    """What an earlier set left behind is unset first: a stale session token would spoil a key that has none."""

    name: ClassVar[str] = "env"

    def text(self, credentials: Credentials) -> str:
        given = environment.variables(credentials)
        lines = [
            f"unset {' '.join(environment.stale(given))}",
            *(f"export {name}={shlex.quote(value)}" for name, value in given.items()),
        ]
        return "\n".join(lines) + "\n"
