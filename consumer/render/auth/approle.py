"""AppRole: the role_id and the secret_id come in variables, the latter as a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from consumer.render.auth.interface import Auth, saved_in_plans

if TYPE_CHECKING:
    from consumer.render.interface import Mode


class AppRole(Auth):
    """The vault provider has no block for it; its general one has done it since before 3.0."""

    name: ClassVar[str] = "approle"
    method: ClassVar[str] = "approle"

    def warnings(self, mode: Mode) -> list[str]:
        return saved_in_plans("secret_id", mode)
