"""For `.env` files, as Docker, Compose, systemd and every language's dotenv library read them.

There is no standard: `docker run --env-file` knows no quotes, python-dotenv expands `${…}` even in single ones, and
npm's dotenv undoes no escape in them. What all of them read alike is a plain value without any quotes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from consumer import environment
from consumer.formats.interface import Format
from consumer.formats.plain import plain

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials


class Dotenv(Format):
    """A file of its own needs to unset nothing."""

    name: ClassVar[str] = "dotenv"

    def text(self, credentials: Credentials) -> str:
        given = environment.variables(credentials)
        return "".join(f"{name}={plain(name, value, self.name)}\n" for name, value in given.items())
