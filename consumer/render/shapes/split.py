"""A folder of files, one for each kind of block, as many teams lay out their modules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from consumer.render.shapes.interface import Shape

OTHERS = "providers.tf"
_FILES = (
    (re.compile(r"terraform\b"), "versions.tf"),
    (re.compile(r"variable\b"), "variables.tf"),
    (re.compile(r'provider "vault"'), "vault.tf"),
)


class Split(Shape):
    file: ClassVar[str] = OTHERS
    several: ClassVar[bool] = True

    names: ClassVar[tuple[str, ...]] = (OTHERS, *(name for _, name in _FILES))

    def shaped(self, text: str) -> Mapping[str, str]:
        found: dict[str, list[str]] = {}
        for piece in pieces(text):
            found.setdefault(_file(piece), []).append(piece)
        return {name: "\n".join(found[name]) for name in sorted(found)}


def pieces(text: str) -> Iterator[str]:
    """Each top-level block with the comment right above it, and each comment that stands alone.

    A block ends with the first line that is a lone brace or that begins it and ends it; strings never reach over lines.
    """
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        comments = all(one.startswith("#") for one in lines)
        blank = not line.strip()
        if not (blank and comments):
            lines.append(line)
        if (lines and blank and comments) or (not line.startswith((" ", "#")) and line.rstrip().endswith("}")):
            yield "".join(lines)
            lines = []
    if lines:
        yield "".join(lines)


def _file(piece: str) -> str:
    code = re.sub(r"^#.*\n", "", piece, flags=re.MULTILINE)
    return next((name for pattern, name in _FILES if pattern.match(code)), OTHERS)
