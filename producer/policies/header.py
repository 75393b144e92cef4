"""What stands in the comment at a policy template's top: what it is for, and the variables that it takes.

    {#
    One line that says what the policy allows.

    name (text, required): what it means
    regions (list, default: []): what it means, where
      a deeper line goes on with it
    #}

Types are text, list, mapping, number and bool; a default is YAML. Any other line is a remark for people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Template

from vault_aws_kit.errors import TemplateBroken, UndefinedVariable, WrongType

_COMMENT = re.compile(r"\A\s*\{#-?(.*?)-?#\}", re.DOTALL)
_LINE = re.compile(r"(\w+) \((\w+), (?:required|default: (.*?))\): (.+)")
_TYPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "text": (lambda value: isinstance(value, str | int) and not isinstance(value, bool), "text"),
    "list": (lambda value: isinstance(value, list | tuple), "a list, as in [a, b]"),
    "mapping": (lambda value: isinstance(value, Mapping), "a mapping"),
    "number": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
}


@dataclass(frozen=True)
class Variable:
    """One variable of a template; `default` means nothing where it is required."""

    name: str
    type: str
    required: bool
    default: Any
    meaning: str


@dataclass(frozen=True)
class Header:
    summary: str = ""
    variables: tuple[Variable, ...] = ()


def complete(what: str, header: Header, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The variables with the header's defaults. Raises UndefinedVariable and WrongType."""
    missing = [known for known in header.variables if known.required and known.name not in variables]
    if missing:
        raise _missing(what, missing, variables)
    for known in header.variables:
        if known.name in variables:
            _check(what, known, variables[known.name])
    return {**{known.name: known.default for known in header.variables if not known.required}, **variables}


def _check(what: str, known: Variable, value: Any) -> None:
    fits, wanted = _TYPES[known.type]
    if not fits(value):
        problem = f"must be {wanted}, and is {value!r}"
    elif known.required and isinstance(value, str | Sequence | Mapping) and not value:
        problem = "must not be empty"
    else:
        return
    raise WrongType(f"The variable {known.name!r} of {what} {problem}.", hint=f"It means: {known.meaning}.")


def header_of(template: Template) -> Header:
    """The header of a template that was loaded from a file. Raises TemplateBroken."""
    path = Path(str(template.filename))
    return _read(str(template.name), path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _read(name: str, path: Path, _changed: int) -> Header:
    return parse(name, path.read_text(encoding="utf-8"))


def parse(name: str, source: str) -> Header:
    """The header of a template's source; an empty one where it has none. Raises TemplateBroken."""
    comment = _COMMENT.match(source)
    if not comment:
        return Header()
    joined = re.sub(r"\n[ \t]+(?=\S)", " ", comment[1])
    lines = [line.strip() for line in joined.strip().splitlines()]
    found = [_variable(name, match) for line in lines if (match := _LINE.fullmatch(line))]
    return Header(lines[0] if lines else "", tuple(found))


def _variable(name: str, match: re.Match[str]) -> Variable:
    key, kind, default, meaning = match.groups()
    if kind not in _TYPES:
        raise TemplateBroken(
            f"The header of {name!r} gives its variable {key!r} the type {kind!r}, which is none.",
            hint=f"Types are {', '.join(_TYPES)}.",
        )
    try:
        value = None if default is None else yaml.safe_load(default)
    except yaml.YAMLError:
        raise TemplateBroken(
            f"The header of {name!r} gives its variable {key!r} the default {default!r}, which is no YAML.",
            hint='Write it as in a YAML file: text, [a, b], true, "".',
        ) from None
    return Variable(key, kind, default is None, value, meaning)


def _missing(what: str, missing: list[Variable], variables: Mapping[str, Any]) -> UndefinedVariable:
    needed = "; ".join(f"{known.name!r} ({known.meaning})" for known in missing)
    near = [name for known in missing for name in get_close_matches(known.name, variables, n=1)]
    meant = f" There is {', '.join(map(repr, near))}: is that it?" if near else ""
    return UndefinedVariable(
        f"{what[0].upper()}{what[1:]} needs the variable{'s' if len(missing) > 1 else ''} {needed}.",
        hint=f"Set it in `vars:` of the role or of the spec.{meant}",
    )
