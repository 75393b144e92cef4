"""From a template or an inline document, and variables, to a policy document.

Jinja's output is parsed as JSON before any value is in it, so that a value can't change the policy's structure: see
docs/decisions/0002 and producer.policies.placeholders.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from jinja2 import Template, TemplateNotFound, TemplateSyntaxError

from producer.policies import engine, strict_json
from producer.policies.engine import NameMissing
from producer.policies.header import complete, header_of
from producer.policies.placeholders import START, Json, Misplaced, NotPrintable, Values, current
from vault_aws_kit.errors import PolicyNotJson, SpecError, TemplateBroken, UndefinedVariable, UnknownTemplate
from vault_aws_kit.templating import own_templates

Document: TypeAlias = Mapping[str, Any]

FOLDER, SUFFIX = "policies", ".json.j2"
_IN_QUOTES = 'Put it in quotes, "{{ … }}", or print a whole JSON value, which brings its own quotes: {{ … | tojson }}.'


def render_template(name: str, variables: Mapping[str, Any], folders: Sequence[Path] = ()) -> Document:
    """The document that templates/policies/NAME.json.j2 renders; `folders` are searched before the kit's own.

    Raises UnknownTemplate, UndefinedVariable, WrongType (of a variable), TemplateBroken and PolicyNotJson.
    """
    what = f"template {name!r}"
    template = find(name, tuple(folders))
    given = complete(what, header_of(template), variables)
    with _told(what, given):
        text, values = _run(template, given)
        return _mapping(what, _parse(what, template, given, text, values))


def render_inline(document: Document | str, variables: Mapping[str, Any]) -> Document:
    """A document that stands in the spec, as a mapping or as JSON text; each of its strings may hold Jinja.

    Raises UndefinedVariable, TemplateBroken and PolicyNotJson.
    """
    what = "the inline policy"
    if isinstance(document, str):
        try:
            document = strict_json.parse(document)
        except strict_json.KeyTwice as error:
            raise _key_twice(what, error) from None
        except (ValueError, RecursionError) as error:
            raise PolicyNotJson(
                f"{_begin(what)} is no JSON: {error}.",
                hint="Only its strings may hold Jinja; to render more than strings, write a policy template.",
            ) from None
    return _mapping(what, _render_strings(what, document, variables, ()))


def render_string(text: str, variables: Mapping[str, Any]) -> str:
    """One string of a spec. Raises UndefinedVariable and TemplateBroken."""
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return text
    with _told(f"{text!r}", variables):
        template = engine.string(text)
        return "".join(template.root_render_func(template.new_context(dict(variables))))


# ── templates ────────────────────────────────────────────────────────────────────────────────────


def names(folders: Sequence[Path] = ()) -> list[str]:
    """The names of all policy templates."""
    found = [path for folder in [*folders, own_templates()] for path in (folder / FOLDER).glob(f"*{SUFFIX}")]
    return sorted({path.name.removesuffix(SUFFIX) for path in found})


def find(name: str, folders: tuple[Path, ...]) -> Template:
    try:
        return engine.policies(folders).get_template(f"{FOLDER}/{name}{SUFFIX}")
    except TemplateNotFound as error:
        if error.name != f"{FOLDER}/{name}{SUFFIX}":
            raise
        near = get_close_matches(name, names(folders), n=3)
        meant = f"Did you mean {_listed(near)}? " if near else ""
        searched = f" A template of your own is the file DIR/{FOLDER}/{name}{SUFFIX}, with --templates DIR."
        raise UnknownTemplate(
            f"There is no policy template {name!r}.",
            hint=f"{meant}`producer templates` lists them all.{searched}",
        ) from None
    except TemplateSyntaxError as error:
        raise _broken(f"template {name!r}", error, error.lineno) from None
    except UnicodeDecodeError as error:
        raise TemplateBroken(f"Template {name!r} is not in UTF-8: {error}.", hint="Save it as UTF-8.") from None


def _run(template: Template, variables: Mapping[str, Any]) -> tuple[str, Values]:
    """What the template prints, with placeholders, and their values."""
    values = Values()
    token = current.set(values)
    try:
        return "".join(template.root_render_func(template.new_context(dict(variables)))), values
    finally:
        current.reset(token)


def _parse(what: str, template: Template, variables: Mapping[str, Any], text: str, values: Values) -> Any:
    try:
        return _put_values(strict_json.parse(text), values)
    except json.JSONDecodeError as error:
        at = len(text) - len(text[error.pos :].lstrip())
        line = _line_at(template, variables, at)
        raise _no_json(f"{what}, line {line}", error.msg, text, at, values) from None
    except strict_json.KeyTwice as error:
        raise _key_twice(what, strict_json.KeyTwice(values.put_into(str(error)))) from None
    except Misplaced as error:
        raise PolicyNotJson(f"{_begin(what)} renders no JSON: {error}.", hint="Drop the quotes around it.") from None
    except (ValueError, RecursionError) as error:
        raise PolicyNotJson(f"{_begin(what)} renders no JSON: {error}.", hint=_see(what)) from None


def _no_json(where: str, said: str, text: str, at: int, values: Values) -> PolicyNotJson:
    value = values.at(text, at)
    if isinstance(value, Json):
        return PolicyNotJson(
            f"{_begin(where)}: `| tojson` prints {value} where JSON has no place for it, most often inside quotes.",
            hint="It brings its own quotes: drop those around it, or drop `| tojson`.",
        )
    if value is not None:
        return PolicyNotJson(
            f"{_begin(where)}: the value {value!r} is printed outside of quotes.",
            hint=f"{_IN_QUOTES} A comma between items comes from {{% if not loop.last %}},{{% endif %}}.",
        )
    near = values.put_into(_complete_marks(text, at)).strip()
    return PolicyNotJson(
        f"{_begin(where)} renders no JSON: {said}" + (f", before {near!r}." if near else ", at the end."),
        hint="Look for a comma too many or too few, often after the last turn of a loop.",
    )


def _complete_marks(text: str, start: int) -> str:
    """Some characters of the text, without a placeholder that is cut in two."""
    part = text[start : start + 60].split("\n", 1)[0]
    return part if part.rfind(START) <= part.rfind("\ue001") else part[: part.rfind(START)]


def _line_at(template: Template, variables: Mapping[str, Any], offset: int) -> int:
    """The line of the template that printed the character at `offset`: it is run again, step by step."""
    token = current.set(Values())
    try:
        steps = template.root_render_func(template.new_context(dict(variables)))
        done = 0
        line = 1
        for part in steps:
            line = template.get_corresponding_lineno(steps.gi_frame.f_lineno)  # type: ignore[attr-defined]
            if done + len(part) > offset:
                return line + part[: offset - done].count("\n")
            done += len(part)
        return line
    finally:
        current.reset(token)


def _put_values(value: Any, values: Values) -> Any:
    if isinstance(value, str):
        json_value = values.whole(value)
        return json_value.value if json_value else values.put_into(value)
    if isinstance(value, list):
        return [_put_values(item, values) for item in value]
    if isinstance(value, dict):
        return _no_key_twice((_key(key, values), _put_values(item, values)) for key, item in value.items())
    return value


def _key(text: str, values: Values) -> str:
    whole = values.whole(text)
    if whole and not isinstance(whole.value, str):
        raise ValueError(f"{whole} is no key, which must be text")
    return str(whole.value) if whole else values.put_into(text)


def _no_key_twice(pairs: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise strict_json.KeyTwice(key)
        found[key] = value
    return found


# ── inline documents ─────────────────────────────────────────────────────────────────────────────


def _render_strings(what: str, value: Any, variables: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return _render_leaf(what, value, variables, place)
    if isinstance(value, Mapping):
        return _render_mapping(what, value, variables, place)
    if isinstance(value, list | tuple):
        return [_render_strings(what, item, variables, (*place, str(n))) for n, item in enumerate(value)]
    return value.isoformat() if isinstance(value, dt.date) else value  # Version: 2012-10-17 is a date in YAML


def _render_mapping(
    what: str, value: Mapping[Any, Any], variables: Mapping[str, Any], place: tuple[str, ...]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, item in value.items():
        name = _render_leaf(what, str(key), variables, place)
        if not isinstance(name, str):
            raise PolicyNotJson(f"In {what}, the key {key!r} renders no text.", hint="Drop `| tojson`.")
        if name in found:
            raise _key_twice(what, strict_json.KeyTwice(name))
        found[name] = _render_strings(what, item, variables, (*place, str(key)))
    return found


def _render_leaf(what: str, text: str, variables: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    """One string; where it is nothing but `{{ … | tojson }}` it becomes that JSON value."""
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return text
    where = f"{what}, at {'.'.join(place)}" if place else what
    with _told(where, variables):
        printed, values = _run(engine.leaf(text), variables)
        whole = values.whole(printed[1:-1])
        if whole and printed[0] == printed[-1] == '"':
            return whole.value
        try:
            return values.put_into(printed)
        except Misplaced as error:
            raise PolicyNotJson(
                f"In {where}: {error}.", hint="`| tojson` works where it is the whole string; drop it here."
            ) from None


# ── errors ───────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _told(where: str, variables: Mapping[str, Any]) -> Iterator[None]:
    """Makes errors of ours of what Jinja, and the template that it runs, may raise."""
    try:
        yield
    except SpecError:
        raise
    except NameMissing as error:
        raise _undefined(where, error, variables) from None
    except TemplateSyntaxError as error:
        raise _broken(error.name or where, error, error.lineno) from None
    except TemplateNotFound as error:
        raise TemplateBroken(
            f"In {where}: it includes {error.name!r}, which is not there.",
            hint="Name it from the template folder on: policies/FILE.",
        ) from None
    except NotPrintable as error:
        raise TemplateBroken(
            f"In {_with_line(where, error.__traceback__)}: {error}.",
            hint="Print one item of it, or the whole as JSON, outside of quotes: {{ … | tojson }}.",
        ) from None
    except Exception as error:  # noqa: BLE001 - a template can raise anything
        raise _broken(_with_line(where, error.__traceback__), error) from None


def _undefined(where: str, error: NameMissing, variables: Mapping[str, Any]) -> UndefinedVariable:
    owner, known = "", list(variables)
    if isinstance(error.owner, Mapping):
        owner, known = engine.owner_name(error.owner, variables), [str(key) for key in error.owner]
    inside = f" in {owner!r}" if owner else ""
    near = get_close_matches(error.name, known, n=3)
    there = f"Did you mean {_listed(near)}?" if near else f"There is {_listed(sorted(known)[:10]) or 'none'}."
    return UndefinedVariable(
        f"In {_with_line(where, error.__traceback__)}: the variable {error.name!r} is not defined{inside}.",
        hint=f"{there} Variables come from `vars:` of the role or of the spec.",
    )


def _broken(where: str, error: Exception, line: int = 0) -> TemplateBroken:
    said = str(error).rstrip(".") or type(error).__name__
    return TemplateBroken(
        f"In {where}{f', line {line}' if line else ''}: {said}.",
        hint="See https://jinja.palletsprojects.com/en/stable/templates/ for how Jinja is written.",
    )


def _with_line(where: str, trace: TracebackType | None) -> str:
    """`where`, and the line of the template that was at work."""
    line = 0
    while trace:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None and template.name:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return f"{where}, line {line}" if line else where


def _key_twice(what: str, key: strict_json.KeyTwice) -> PolicyNotJson:
    return PolicyNotJson(
        f"{_begin(what)} has the key {str(key)!r} twice in one object.",
        hint="JSON would keep only the last: put both into one, as a list.",
    )


def _mapping(what: str, value: Any) -> Document:
    if not isinstance(value, dict):
        raise PolicyNotJson(
            f"{_begin(what)} renders {json.dumps(value)[:40]}, and a policy is a JSON object.", hint=_see(what)
        )
    return value


def _see(what: str) -> str:
    return "" if what == "the inline policy" else "`producer templates NAME --render --var k=v` shows what is rendered."


def _begin(text: str) -> str:
    return text[0].upper() + text[1:]


def _listed(found: Sequence[str]) -> str:
    return ", ".join(map(repr, found))
