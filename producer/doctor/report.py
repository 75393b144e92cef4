"""What the doctor found, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from producer.doctor.interface import Finding, Severity
from vault_aws_kit.errors import ChecksFailed

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
class Section:
    """What one check found."""

    title: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Report:
    spec: str
    sections: tuple[Section, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for section in self.sections for finding in section.findings)

    def of(self, severity: Severity) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == severity]

    def check(self, *, strict: bool = False) -> None:
        """Raises ChecksFailed for errors; with `strict` also for warnings."""
        counted: tuple[Severity, ...] = ("error", "warning") if strict else ("error",)
        bad = [finding for finding in self.findings if finding.severity in counted]
        if bad:
            raise ChecksFailed(
                f"Spec {self.spec!r}: {_counts(bad)}.", hint="Each finding says what to do; then run doctor again."
            )


def report_text(report: Report) -> str:
    """A paragraph for each check that has something to say, and a line for each that hasn't."""
    lines = [line for section in report.sections for line in _section(section)]
    return "\n".join([*lines, "", f"{_counts(report.findings)}."]) + "\n"


def report_json(report: Report) -> dict[str, Any]:
    found = [{"check": part.title, **asdict(one)} for part in report.sections for one in part.findings]
    counts = Counter(one.severity for one in report.findings)
    return {"spec": report.spec, "counts": {word: counts[word] for word in WORDS}, "findings": found}


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
