"""A signed token of a CI job, from TERRAFORM_VAULT_AUTH_JWT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from consumer.render.auth.interface import Auth
from consumer.render.floors import Floor


class Jwt(Auth):
    name: ClassVar[str] = "jwt"
    method: ClassVar[str] = "jwt"
    floors: ClassVar[Sequence[Floor]] = (Floor("3.9", "the first with auth_login_jwt"),)
