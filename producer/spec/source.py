"""YAML with places: what a file says, and the line and column at which it says each thing.

Scalars are read by YAML 1.2's core schema, not 1.1's: `012345678901` stays an account, `2012-10-17` a version and
`on` a word. Source: https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from vault_aws_kit.errors import DuplicateName, Problem, SpecError, SpecNotFound, SpecNotYaml, SpecProblems, WrongType

Where: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys of mappings and numbers of list items."""

_BARE_VARIABLE = re.compile(r"(^|[:,\[-])\s*\{\{")
MAX_NODES = 200_000  # aliases can make a small file huge


@dataclass
class Source:
    """A file's value, and where each part of it stands."""

    file: str
    value: Any = None
    marks: dict[Where, tuple[int, int]] = field(default_factory=dict)
    key_marks: dict[Where, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, error: SpecError, where: Where, *, key: bool = False) -> Problem:
        """An error at the place that `where` leads to, or at the nearest one around it that the file has."""
        marks = self.key_marks if key and where in self.key_marks else self.marks
        while where and where not in marks:
            where = where[:-1]
        line, column = marks.get(where, (1, 1))
        return Problem(error, self.file, line, column)


def read_source(path: Path) -> Source:
    """Read a spec's file. Raises SpecNotFound, SpecNotYaml, and SpecProblems for keys that stand there twice."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise SpecNotFound(
            f"There is no spec at {path}.",
            hint="Give its path with --spec, or write one: `producer validate --schema` tells every key.",
        ) from None
    except IsADirectoryError:
        raise SpecNotFound(f"{path} is a folder, not a spec.", hint="Give the file in it with --spec.") from None
    except UnicodeDecodeError:
        raise SpecNotYaml(f"{path} is not UTF-8 text.", hint="Save it as UTF-8.") from None
    except OSError as error:
        raise SpecNotFound(f"The spec {path} can't be read: {error.strerror}.") from None
    return parse(text, str(path))


def parse(text: str, file: str) -> Source:
    """Read a spec's text; `file` is what errors call it."""
    source = Source(file)
    try:
        node = yaml.compose(text, Loader=CoreLoader)
    except yaml.MarkedYAMLError as error:
        raise SpecProblems([_syntax(error, file)]) from None
    except yaml.YAMLError as error:
        raise SpecNotYaml(f"{file} is no YAML: {error}.") from None
    if node is None:
        raise SpecProblems(
            [Problem(WrongType("The spec is empty.", hint="It needs at least `version: 1`."), file, 1, 1)]
        )
    source.value = _Builder(source).build(node, ())
    if source.problems:
        raise SpecProblems(source.problems)
    return source


class CoreLoader(yaml.SafeLoader):
    """The safe loader with the scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own way


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"0|-?[1-9][0-9]*", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?", "-0123456789"),
):
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


class _Builder:
    """Makes Python values of YAML nodes, and remembers where each one stood."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._nodes = 0
        self._open: set[int] = set()

    def build(self, node: yaml.Node, where: Where) -> Any:
        self._nodes += 1
        self._source.marks[where] = _place(node)
        if self._nodes > MAX_NODES or id(node) in self._open:
            raise SpecNotYaml(f"{self._source.file} is too large once its aliases are followed.")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._open.add(id(node))
        value = self._items(node, where) if isinstance(node, yaml.SequenceNode) else dict(self._pairs(node, where))
        self._open.discard(id(node))
        return value

    def _items(self, node: yaml.SequenceNode, where: Where) -> list[Any]:
        return [self.build(item, (*where, number)) for number, item in enumerate(node.value)]

    def _pairs(self, node: yaml.Node, where: Where) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._source.problems.append(Problem(_no_key(key_node), self._source.file, *_place(node)))
                continue
            key = str(key_node.value)
            place = (*where, key)
            self._source.key_marks[place] = _place(key_node)
            value = self.build(value_node, place)
            if key in seen:
                error = DuplicateName(f"The key {key!r} stands here twice.", hint="Remove one of them.")
                self._source.problems.append(Problem(error, self._source.file, *_place(key_node)))
            seen.add(key)
            yield key, value

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text = str(node.value)
        match node.tag.rpartition(":")[2]:
            case "bool":
                return text.lower() == "true"
            case "null":
                return None
            case "int":
                return int(text)
            case "float":
                return float(text)
            case _:
                return text


def _place(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _no_key(node: yaml.Node) -> SpecError:
    """Why a key can't be a list or a mapping: most often it is {{ a variable }}, which YAML takes for two mappings."""
    if not isinstance(node, yaml.MappingNode):
        return WrongType("A key must be a text, not a list.")
    inside = ", ".join(str(key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode))
    return WrongType(
        f"{{{{ {inside} }}}} without quotes is a mapping in a mapping to YAML, and no variable.",
        hint=f'Put it in quotes: "{{{{ {inside} }}}}".',
    )


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    opened = error.context_mark
    since = f" ({error.context}, which began on line {opened.line + 1})" if opened and error.context else ""
    what = f"{error.problem or error.context}{since if error.problem else ''}"
    line = ((mark and mark.buffer) or "").splitlines()[mark.line : mark.line + 1] if mark else []
    told = SpecNotYaml(f"This is no YAML: {what}.", hint=_syntax_hint(str(error.problem), "".join(line)))
    return Problem(told, file, *((mark.line + 1, mark.column + 1) if mark else (0, 0)))


def _syntax_hint(problem: str, line: str) -> str:
    if _BARE_VARIABLE.search(line):
        return "Put a text that begins with {{ in quotes."
    if "\\t" in problem:
        return "Indent with spaces: YAML takes no tabs."
    if "another document" in problem or "single document" in problem:
        return "A spec is one document: remove the `---`."
    return ""
