"""What the doctor found, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vault_aws_kit import findings
from vault_aws_kit.findings import Finding, Section, Severity


@dataclass(frozen=True)
class Report:
    spec: str
    sections: tuple[Section, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return findings.all_of(self.sections)

    def of(self, severity: Severity) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == severity]

    def check(self, *, strict: bool = False) -> None:
        """Raises ChecksFailed for errors; with `strict` also for warnings."""
        findings.fail(self.sections, f"Spec {self.spec!r}", "doctor", strict=strict)


def report_text(report: Report) -> str:
    return findings.as_text(report.sections)


def report_json(report: Report) -> dict[str, Any]:
    return {"spec": report.spec, **findings.as_json(report.sections)}
