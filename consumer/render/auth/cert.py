"""A TLS client certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from consumer.render.auth.interface import Auth
from consumer.render.floors import Floor


class Cert(Auth):
    name: ClassVar[str] = "cert"
    method: ClassVar[str] = "cert"
    floors: ClassVar[Sequence[Floor]] = (Floor("3.18", "the first whose auth_login_cert works"),)
