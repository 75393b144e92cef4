"""Terraform's JSON syntax: what the HCL means, with its comments in "//".

Source: https://developer.hashicorp.com/terraform/language/syntax/json. Its strings are templates as HCL's are, so `$${`
stays as it is; an expression is a template of nothing else; the type of a variable is a plain word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from consumer.render.marks import JsonKey, Marks
from consumer.render.shapes.interface import Shape

_COMMENT = re.compile(r"^# ?(.*)\n", re.MULTILINE)
_LONG_ESCAPE = re.compile(r"((?:\\\\)*)\\U([0-9a-fA-F]{8})")
_OF_THE_PARSER = "__"


class JsonSyntax(Shape):
    file: ClassVar[str] = "provider.tf.json"
    marks: ClassVar[Marks] = JsonKey()

    def shaped(self, text: str) -> Mapping[str, str]:
        import hcl2

        comments = [line for line in _COMMENT.findall(text) if line]
        content = hcl2.loads(_readable(text))
        body = {kind: _labelled(kind, blocks) for kind, blocks in _own(content).items()}
        return {self.file: json.dumps({"//": comments} | body, indent=2, ensure_ascii=False) + "\n"}


def _readable(text: str) -> str:
    """The same HCL, with what stands for a plain `%{` or `${` in escapes: the parser takes it for a template's."""
    return text.replace("%%{", r"\u0025\u0025{").replace("$${", r"\u0024\u0024{")


def _labelled(kind: str, blocks: list[Any]) -> Any:
    """Blocks of one kind, nested by their labels; several of the same labels are a list."""
    merged: dict[str, Any] = {}
    for block in blocks:
        if "__is_block__" in block:  # no label is left
            bodies = [_body(one, variable=kind == "variable") for one in blocks]
            return bodies[0] if len(bodies) == 1 else bodies
        for label, rest in _own(block).items():
            merged.setdefault(_string(label), []).append(rest)
    return {label: _labelled(kind, rest) for label, rest in merged.items()}


def _body(block: Mapping[str, Any], *, variable: bool = False) -> dict[str, Any]:
    found = {_string(name): _value(value) for name, value in _own(block).items()}
    if variable and "type" in found:
        found["type"] = re.sub(r"^\$\{(.*)\}$", r"\1", found["type"], flags=re.DOTALL)
    return found


def _value(value: Any) -> Any:
    if isinstance(value, list):
        values = [_value(one) for one in value]
        nested = all(isinstance(one, dict) and "__is_block__" in one for one in value)
        return values[0] if nested and len(values) == 1 else values
    if isinstance(value, dict):
        return _body(value)
    return _string(value) if isinstance(value, str) else value


def _string(text: str) -> str:
    """What a quoted string holds; the parser gives anything else as an expression or a bare word."""
    if not (len(text) > 1 and text[0] == text[-1] == '"'):
        return text
    short = _LONG_ESCAPE.sub(lambda found: found[1] + _surrogates(int(found[2], 16)), text)
    return str(json.loads(short))


def _surrogates(code: int) -> str:
    return json.dumps(chr(code))[1:-1]


def _own(block: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the parser adds."""
    return {name: value for name, value in block.items() if not name.startswith(_OF_THE_PARSER)}
