"""JSON as IAM policies are written in it: no key twice, and no numbers that JSON doesn't know."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class KeyTwice(ValueError):
    """An object has one key twice, of which most parsers keep only the last."""


def parse(text: str) -> Any:
    """Raises KeyTwice, json.JSONDecodeError and other ValueErrors."""
    return _DECODER.decode(text)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise KeyTwice(next(key for key in keys if keys.count(key) > 1))
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
