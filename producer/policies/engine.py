"""The Jinja environments of policies and of a spec's strings: strict, sandboxed, and nothing printed but through us."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, UndefinedError, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from producer.policies.placeholders import Json, as_text, current, join
from vault_aws_kit import templating


class NameMissing(UndefinedError):
    """A name that is not there; `owner` is what it was looked for in, `missing` for the variables themselves."""

    def __init__(self, message: str | None, name: str, owner: Any) -> None:
        super().__init__(message)
        self.name = name
        self.owner = owner


class _Undefined(StrictUndefined):
    """An undefined value that says its name when it is used."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: Callable[[str], Exception] = UndefinedError,
    ) -> None:
        named = exc if exc is not UndefinedError or name is None else lambda said: NameMissing(said, str(name), obj)
        super().__init__(hint, obj, name, named)  # type: ignore[arg-type]  # Jinja only calls it


class _EverythingFinalized(CodeGenerator):
    """Jinja prints the output of `{% filter %}`, `{% call %}` and recursive loops past `finalize`; here it doesn't.

    These are the places where it writes an expression between start_write and end_write; they alone pass a node.
    """

    _open: list[bool]

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """Notes the line of plain text too, for errors in the JSON that is printed."""
        self.newline(node)
        super().visit_Output(node, frame)

    def start_write(self, frame: Frame, node: nodes.Node | None = None) -> None:
        super().start_write(frame, node)
        self._open = [*getattr(self, "_open", []), node is not None]
        if node is not None:
            self.write("str(environment.finalize(context, ")

    def end_write(self, frame: Frame) -> None:
        if self._open.pop():
            self.write("))")
        super().end_write(frame)


@lru_cache(maxsize=16)
def policies(folders: tuple[Path, ...] = ()) -> ImmutableSandboxedEnvironment:
    """The environment in which whatever is printed becomes a placeholder (see producer.policies.placeholders)."""
    found = _strict(folders)
    found.finalize = _hold
    found.filters["tojson"] = Json
    found.concat = join  # type: ignore[method-assign]
    found.code_generator_class = _EverythingFinalized
    return found


@lru_cache(maxsize=1)
def strings() -> ImmutableSandboxedEnvironment:
    """The environment of one string of a spec, whose result is text and no more."""
    found = _strict(())
    found.finalize = _print
    return found


@lru_cache(maxsize=4096)
def leaf(text: str) -> Template:
    """One string of an inline policy as a template."""
    return policies().from_string(text)


@lru_cache(maxsize=4096)
def string(text: str) -> Template:
    return strings().from_string(text)


def _strict(folders: Sequence[Path]) -> ImmutableSandboxedEnvironment:
    found = templating.environment(folders)
    found.undefined = _Undefined
    return found


# With the context as their argument, these are called for constants too: Jinja then can't print them when it compiles.
@pass_context
def _hold(_: Context, value: Any) -> str:
    return current.get().hold(value)


@pass_context
def _print(_: Context, value: Any) -> str:
    return as_text(value)


def owner_name(owner: Any, variables: Mapping[str, Any]) -> str:
    """The variable that holds `owner`, so that an error can name it."""
    return next((name for name, value in variables.items() if value is owner), "")
