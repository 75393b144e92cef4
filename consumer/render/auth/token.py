"""The token that is there already: nothing stands in the file."""

from __future__ import annotations

from typing import ClassVar

from consumer.render.auth.interface import Auth


class Token(Auth):
    name: ClassVar[str] = "token"
