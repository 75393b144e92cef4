"""A token in a file, as an agent writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from consumer.render.auth.interface import Auth
from consumer.render.floors import Floor


class TokenFile(Auth):
    name: ClassVar[str] = "token-file"
    method: ClassVar[str] = ""
    floors: ClassVar[Sequence[Floor]] = (Floor("3.18", "the first with auth_login_token_file"),)
