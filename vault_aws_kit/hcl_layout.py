"""Laying out HCL as `terraform fmt` does."""

from __future__ import annotations

import re
from itertools import groupby

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""What Terraform takes for a name, as a provider's alias."""
_ATTRIBUTE = re.compile(r"""(?P<name>\s+(?:[\w-]+|"(?:[^"\\]|\\.)*")) *= *(?P<value>.*[^\s{\[(])\s*""")


def aligned(text: str) -> str:
    """The equals signs of attributes on lines next to each other, in one column."""
    runs = groupby(text.split("\n"), key=lambda line: bool(_ATTRIBUTE.fullmatch(line)))
    return "\n".join(line for attributes, run in runs for line in (_columns(list(run)) if attributes else run))


def _columns(lines: list[str]) -> list[str]:
    pairs = [(match["name"], match["value"]) for line in lines if (match := _ATTRIBUTE.fullmatch(line))]
    width = max(len(name) for name, _ in pairs)
    return [f"{name.ljust(width)} = {value}" for name, value in pairs]
