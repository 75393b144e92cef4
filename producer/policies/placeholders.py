"""What a template prints instead of values, so that no value can ever be read as a part of the policy's structure.

A placeholder is made of private-use characters that hold a random number: no value can imitate one, and filters such as
`upper` leave it as it is. See docs/decisions/0002.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from jinja2 import Undefined

START, END = "\ue000", "\ue001"
_DIGITS = "".join(chr(0xE010 + n) for n in range(16))
_HIDDEN = str.maketrans("0123456789abcdef", _DIGITS)
_SHOWN = str.maketrans(_DIGITS, "0123456789abcdef")
_MARK = f"{START}([{_DIGITS}]{{16}})([{_DIGITS}]+){END}"
_PLACEHOLDER = re.compile(_MARK)
_QUOTED = re.compile(f'("?){_MARK}\\1')


class NotPrintable(TypeError):
    """A list, a mapping or nothing at all was printed as if it were text."""


class Misplaced(ValueError):
    """A placeholder stands where its value can't."""


class Json:
    """What `| tojson` gives: a value that is printed with quotes of its own, and becomes a whole JSON value."""

    def __init__(self, value: Any) -> None:
        """Raises NotPrintable, and what an undefined value raises."""
        if isinstance(value, Undefined):
            str(value)
        found = list(value) if isinstance(value, Iterator) else value
        self.value = json.loads(json.dumps(found, default=_json_value))

    def __str__(self) -> str:
        return json.dumps(self.value)


def _json_value(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise NotPrintable(f"{_kind(value)} can't be printed as JSON")


class Values:
    """The values that one rendering has printed so far."""

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(8).translate(_HIDDEN)
        self._held: list[str | Json] = []

    def hold(self, value: Any) -> str:
        """The placeholder for a value; that of a JSON value has quotes around it. Raises NotPrintable."""
        held = value if isinstance(value, Json) else as_text(value)
        mark = f"{START}{self._nonce}{str(len(self._held)).translate(_HIDDEN)}{END}"
        self._held.append(held)
        return f'"{mark}"' if isinstance(held, Json) else mark

    def at(self, text: str, offset: int) -> str | Json | None:
        """The value whose placeholder begins at `offset`."""
        match = _PLACEHOLDER.match(text, offset)
        return self._held_by(match[1], match[2]) if match else None

    def whole(self, text: str) -> Json | None:
        """The JSON value whose placeholder is all of `text`."""
        match = _PLACEHOLDER.fullmatch(text) if text.startswith(START) else None
        held = self._held_by(match[1], match[2]) if match else None
        return held if isinstance(held, Json) else None

    def put_into(self, text: str) -> str:
        """`text` with values instead of placeholders. Raises Misplaced for a JSON value amid text."""

        def value(match: re.Match[str]) -> str:
            held = self._held_by(match[1], match[2])
            if isinstance(held, Json):
                raise Misplaced(f"`| tojson` prints {held} amid other text")
            return match[0] if held is None else held

        return _PLACEHOLDER.sub(value, text) if START in text else text

    def written_out(self, text: str) -> str:
        """`text` with values instead of placeholders, where text is wanted and JSON values are text as well."""

        def value(match: re.Match[str]) -> str:
            held = self._held_by(match[2], match[3])
            if isinstance(held, Json):
                return str(held)
            return match[0] if held is None else f"{match[1]}{held}{match[1]}"

        return _QUOTED.sub(value, text) if START in text else text

    def _held_by(self, nonce: str, index: str) -> str | Json | None:
        return self._held[int(index.translate(_SHOWN))] if nonce == self._nonce else None


current: ContextVar[Values] = ContextVar("the values of the rendering that is at work")


def join(parts: Iterable[str]) -> str:
    """How Jinja makes one string of a macro's or a block's output: with the values, since it is now a value itself."""
    return current.get().written_out("".join(parts))


def as_text(value: Any) -> str:
    """A value as it is printed amid text. Raises NotPrintable, and what an undefined value raises."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int | float | Undefined | Json):
        return str(value)
    raise NotPrintable(f"{_kind(value)} can't be printed as text")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, Iterable) else f"a {type(value).__name__}"
