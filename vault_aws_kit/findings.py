"""What checks find, for people and for programs: the same for `producer doctor` and `consumer check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from vault_aws_kit import clock
from vault_aws_kit.errors import ChecksFailed

Severity: TypeAlias = Literal["error", "warning", "info", "ok", "skipped"]
"""error: something that is promised can't work. warning: it works, but not as it should, or not for long.
skipped: it was not looked at, so nothing is known of it."""

WORDS: Mapping[Severity, str] = {
    "error": "error",
    "warning": "warning",
    "info": "note",
    "skipped": "not looked at",
    "ok": "fine",
}
"""In the order in which they matter to a person."""

_COUNTED = {"error": "errors", "warning": "warnings", "info": "notes"}


@dataclass(frozen=True)
class Finding:
    """What a check has to say of one thing; `remedy` is what to do, '' where there is nothing to be done."""

    severity: Severity
    subject: str
    reason: str
    remedy: str = ""


def of_sessions(count: int, seconds: int) -> Iterator[Finding]:
    """Says of STS sessions that were made to try roles, so many of so many seconds, that they are still there."""
    if count:
        end = clock.timestamp(clock.now() + timedelta(seconds=seconds))
        told = f"Nobody can revoke STS sessions: {count} that were made here live on until {end}, and nobody has them."
        yield Finding("info", "sessions", told)


@dataclass(frozen=True)
class Section:
    """What one check found."""

    title: str
    findings: tuple[Finding, ...]


def all_of(sections: Iterable[Section]) -> tuple[Finding, ...]:
    return tuple(finding for section in sections for finding in section.findings)


def fail(sections: Iterable[Section], what: str, again: str, *, strict: bool = False) -> None:
    """Raises ChecksFailed for errors; with `strict` also for warnings. `again` is the command to run once more."""
    counted: tuple[Severity, ...] = ("error", "warning") if strict else ("error",)
    bad = [finding for finding in all_of(sections) if finding.severity in counted]
    if bad:
        raise ChecksFailed(f"{what}: {_counts(bad)}.", hint=f"Each finding says what to do; then run {again} again.")


def as_text(sections: Sequence[Section]) -> str:
    """A paragraph for each check that has something to say, and a line for each that hasn't."""
    lines = [line for section in sections for line in _section(section)]
    return "\n".join([*lines, "", f"{_counts(all_of(sections))}."]) + "\n"


def as_json(sections: Sequence[Section]) -> dict[str, Any]:
    found = [{"check": part.title, **asdict(one)} for part in sections for one in part.findings]
    counts = Counter(one.severity for one in all_of(sections))
    return {"counts": {word: counts[word] for word in WORDS}, "findings": found}


def _section(section: Section) -> Iterator[str]:
    """What is fine is only counted."""
    yield f"{section.title}: {_counts(section.findings)}"
    for severity, word in WORDS.items():
        for one in section.findings:
            if one.severity == severity != "ok":
                yield from _told(one, word)


def _told(finding: Finding, word: str) -> Iterator[str]:
    indent = " " * (len(word) + 4)
    first, *rest = f"{finding.subject}: {finding.reason}".splitlines()
    yield f"  {word}  {first}"
    yield from (indent + line for line in rest)
    if finding.remedy:
        yield f"{indent}→ {finding.remedy}"


def _counts(findings: Iterable[Finding]) -> str:
    counts = Counter(one.severity for one in findings)
    return ", ".join(f"{counts[s]} {_counted(s, counts[s])}" for s in WORDS if counts[s]) or "nothing to look at"


def _counted(severity: Severity, count: int) -> str:
    return WORDS[severity] if count == 1 else _COUNTED.get(severity, WORDS[severity])
