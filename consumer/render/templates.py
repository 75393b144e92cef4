"""Rendering the kit's templates, or a user's own in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vault_aws_kit.errors import SpecError, TemplateBroken, UndefinedVariable, UnknownTemplate

if TYPE_CHECKING:
    from jinja2 import TemplateError


def render(name: str, given: Mapping[str, Any], folders: Sequence[Path] = ()) -> str:
    """A template's text; `folders` are searched before the kit's own.

    Raises UnknownTemplate, UndefinedVariable, TemplateBroken: of a user's own templates.
    """
    from jinja2 import TemplateError

    from vault_aws_kit.templating import environment

    try:
        return environment(folders).get_template(name).render(given)
    except TemplateError as error:
        raise _template_error(name, error) from None


def _template_error(name: str, error: TemplateError) -> SpecError:
    from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError

    hint = "Correct it in your --templates folder, or leave that out to use the kit's own."
    if isinstance(error, TemplateNotFound):
        return UnknownTemplate(f"There is no template {error.name}, which {name} needs.", hint=hint)
    if isinstance(error, UndefinedError):
        return UndefinedVariable(f"Template {name} uses what it isn't given: {error.message}.", hint=hint)
    line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
    return TemplateBroken(f"Template {name}{line}: {error.message}.", hint=hint)
