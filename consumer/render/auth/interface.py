"""What every login of the Vault provider is."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from consumer.render.floors import Floor

if TYPE_CHECKING:
    from consumer.render.interface import Mode


class Auth(ABC):
    """One way in which Terraform's Vault provider logs in. No secret of it ever stands in the file.

    Its template defines three macros: `about` (a comment), `variables` and `login` (the block). They are given the
    catalog's LoginEntry, which is None where the method needs none.
    """

    name: ClassVar[str]
    method: ClassVar[str] = ""
    """The login's method in the catalog; '' where none is needed."""
    floors: ClassVar[Sequence[Floor]] = ()
    """Of the vault provider."""

    @property
    def template(self) -> str:
        return f"terraform/auth/{self.name}.tf.j2"

    def warnings(self, mode: Mode) -> list[str]:  # noqa: ARG002
        """What a person should know of it in this mode."""
        return []


def saved_in_plans(secret: str, mode: Mode) -> list[str]:
    """Of a secret in an input variable, which Terraform keeps in a saved plan unless the variable is ephemeral."""
    if mode.terraform_floors():
        return []
    return [f"A plan that is saved by -out holds the {secret}: keep it as safe as that, or use --mode ephemeral."]
