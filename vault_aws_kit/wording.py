"""Words that depend on how many there are."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 role`, `2 roles`; `plural` where it isn't the noun with an s."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
