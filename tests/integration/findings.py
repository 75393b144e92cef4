"""What checks find, as tests ask for it: the same for `producer doctor` and `consumer check`."""

from __future__ import annotations

from typing import Any


class Found:
    """A report's findings, and how the command ended."""

    def __init__(self, report: dict[str, Any], run: Any) -> None:
        self.all = report["findings"]
        self.counts = report["counts"]
        self.run = run
        self.code = run.code

    def of(self, check, *severities):
        return [one for one in self.all if one["check"] == check and one["severity"] in severities]

    def one(self, check, severity):
        found = self.of(check, severity)
        assert len(found) == 1, self.all
        return found[0]

    def bad(self):
        return [one for one in self.all if one["severity"] in ("error", "warning", "skipped")]
