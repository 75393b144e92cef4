"""A person of a directory: the password comes in a variable."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from consumer.render.auth.interface import Auth, saved_in_plans

if TYPE_CHECKING:
    from consumer.render.interface import Mode


class Ldap(Auth):
    """The vault provider has no block for it; its general one has done it since before 3.0."""

    name: ClassVar[str] = "ldap"
    method: ClassVar[str] = "ldap"

    def warnings(self, mode: Mode) -> list[str]:
        return saved_in_plans("password", mode)
