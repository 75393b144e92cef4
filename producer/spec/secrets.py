"""Finding secrets where none may stand, without ever repeating one."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from producer.spec.source import Where

_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_OTHERS = {
    "a Vault token": re.compile(r"\b(?:hv[sbr]\.[\w-]{20,}|[sb]\.[A-Za-z0-9]{24})\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
_LEAST_ENTROPY = 4.0  # bits a character; AWS's 40 random characters have about 4.8, words and paths less


def secrets_in(value: Any, where: Where = ()) -> Iterator[tuple[Where, str]]:
    """Each place in a value that seems to hold a secret, and what kind it seems to be."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from secrets_in(item, (*where, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from secrets_in(item, (*where, number))
    elif isinstance(value, str):
        kind = _kind(value)
        if kind:
            yield where, kind


def _kind(text: str) -> str:
    if any(_looks_random(found) for found in _AWS_SECRET.findall(text)) and not text.startswith("arn:"):
        return "an AWS secret access key"
    return next((kind for kind, pattern in _OTHERS.items() if pattern.search(text)), "")


def _looks_random(text: str) -> bool:
    """Capitals, small letters and digits, and as much disorder as chance gives: no hash in hex, no path, no name."""
    mixed = all(re.search(kind, text) for kind in ("[A-Z]", "[a-z]", "[0-9]"))
    counts = Counter(text).values()
    entropy = -sum(n / len(text) * math.log2(n / len(text)) for n in counts)
    return mixed and entropy >= _LEAST_ENTROPY
