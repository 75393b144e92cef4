"""Time, always in UTC and always from here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:\d+[smhd])+")


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """ISO 8601 with a Z and whole seconds, as AWS's tools read it: 2026-01-31T12:00:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """What `timestamp` wrote. Raises ValueError for anything else."""
    return datetime.fromisoformat(text)


def seconds(text: str | int) -> int:
    """A duration in Vault's notation ("15m", "1h30m", "90d", or a number of seconds) in seconds.

    Raises ValueError for anything else.
    """
    if isinstance(text, int) or text.isdecimal():
        return int(text)
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is no duration")
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([smhd])", text))


def duration(amount: int) -> str:
    """Seconds as Vault writes them, largest units first: 5400 is "1h30m"."""
    parts: list[str] = []
    for unit, size in reversed(UNITS.items()):
        count, amount = divmod(amount, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def off(behind: timedelta) -> str:
    """How far one clock is from another: "2m5s behind", "2m5s ahead of"."""
    return f"{duration(round(abs(behind).total_seconds()))} {'behind' if behind > timedelta() else 'ahead of'}"
