"""A report: quiet on what is fine, clear on what isn't."""

from __future__ import annotations

import pytest

from producer.doctor import Finding, Report, Section, report_json, report_text
from vault_aws_kit.errors import ChecksFailed

REPORT = Report(
    "prod",
    (
        Section("Vault", (Finding("ok", "server", "It answers."), Finding("ok", "token", "Vault accepts it."))),
        Section(
            "Engines", (Finding("ok", "a", "Fine."), Finding("error", "b", "It is gone.", "Run `producer setup`."))
        ),
        Section("Freezes", (Finding("warning", "all", "Frozen."), Finding("skipped", "web", "Nobody knows."))),
    ),
)


def test_what_is_fine_is_counted_and_the_rest_told_with_its_remedy():
    assert report_text(REPORT) == (
        "Vault: 2 fine\n"
        "Engines: 1 error, 1 fine\n"
        "  error  b: It is gone.\n"
        "         → Run `producer setup`.\n"
        "Freezes: 1 warning, 1 not looked at\n"
        "  warning  all: Frozen.\n"
        "  not looked at  web: Nobody knows.\n"
        "\n"
        "1 error, 1 warning, 1 not looked at, 3 fine.\n"
    )


def test_programs_get_everything_with_the_name_of_its_check():
    told = report_json(REPORT)
    assert told["counts"] == {"error": 1, "warning": 1, "info": 0, "skipped": 1, "ok": 3}
    assert told["findings"][3] == {
        "check": "Engines", "severity": "error", "subject": "b", "reason": "It is gone.",
        "remedy": "Run `producer setup`.",
    }  # fmt: skip


def test_errors_fail_and_warnings_only_where_that_is_wanted():
    with pytest.raises(ChecksFailed, match="1 error"):
        REPORT.check()
    warned = Report("prod", REPORT.sections[2:])
    warned.check()
    with pytest.raises(ChecksFailed, match="1 warning"):
        warned.check(strict=True)
    Report("prod", REPORT.sections[:1]).check(strict=True)
