"""A user of Vault, with the password from TERRAFORM_VAULT_PASSWORD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from consumer.render.auth.interface import Auth
from consumer.render.floors import Floor


class Userpass(Auth):
    name: ClassVar[str] = "userpass"
    method: ClassVar[str] = "userpass"
    floors: ClassVar[Sequence[Floor]] = (Floor("3.9", "the first with auth_login_userpass"),)
