"""A person with a browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from consumer.render.auth.interface import Auth
from consumer.render.floors import Floor


class Oidc(Auth):
    name: ClassVar[str] = "oidc"
    method: ClassVar[str] = "oidc"
    floors: ClassVar[Sequence[Floor]] = (Floor("3.9", "the first with auth_login_oidc"),)
