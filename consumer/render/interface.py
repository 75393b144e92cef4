"""What every mode of rendered Terraform is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.contract import RoleEntry
from vault_aws_kit.errors import SpecError, TemplateBroken, UndefinedVariable, UnknownTemplate

if TYPE_CHECKING:
    from jinja2 import TemplateError


@dataclass(frozen=True)
class Block:
    """One AWS provider: `alias` is '' for the default one, `label` names its credentials within the file.

    `role_arn` is '' where the role has nothing to choose, `region` and `account` where they are not known.
    """

    alias: str
    label: str
    role: RoleEntry
    region: str = ""
    role_arn: str = ""

    @property
    def account(self) -> str:
        return self.role_arn.split(":")[4] if self.role_arn else self.role.account


class Mode(ABC):
    """One way in which rendered Terraform gets its credentials."""

    name: ClassVar[str]
    template: ClassVar[str]
    vault_provider: ClassVar[str]
    """The oldest version of the vault provider that it works with."""

    @abstractmethod
    def warnings(self, blocks: Sequence[Block]) -> list[str]:
        """What a person should know before using the file."""

    def text(self, blocks: Sequence[Block], *, pins: bool = True, folders: Sequence[Path] = ()) -> str:
        """The whole file; `folders` are searched for templates before the kit's own.

        Raises UnknownTemplate, UndefinedVariable, TemplateBroken: of a user's own templates.
        """
        from jinja2 import TemplateError

        from consumer.render.layout import aligned
        from vault_aws_kit.templating import environment

        try:
            template = environment(folders).get_template(f"terraform/{self.template}")
            return aligned(template.render(blocks=blocks, pins=pins))
        except TemplateError as error:
            raise _template_error(f"terraform/{self.template}", error) from None


def _template_error(name: str, error: TemplateError) -> SpecError:
    from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError

    hint = "Correct it in your --templates folder, or leave that out to use the kit's own."
    if isinstance(error, TemplateNotFound):
        return UnknownTemplate(f"There is no template {error.name}, which {name} needs.", hint=hint)
    if isinstance(error, UndefinedError):
        return UndefinedVariable(f"Template {name} uses what it isn't given: {error.message}.", hint=hint)
    line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
    return TemplateBroken(f"Template {name}{line}: {error.message}.", hint=hint)
