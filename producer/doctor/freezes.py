"""Freezes: who gets no credentials for now. A freeze that was forgotten looks like a fault to the teams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from producer.doctor.interface import Case, Check, Need
from producer.freeze import Freeze
from vault_aws_kit.findings import Finding


class Freezes(Check):
    title: ClassVar[str] = "Freezes"
    needs: ClassVar[frozenset[Need]] = frozenset({"vault"})

    def look(self, case: Case) -> Iterator[Finding]:
        yield from judge(case.freeze)


def judge(freeze: Freeze) -> Iterator[Finding]:
    for one in freeze:
        yield Finding("warning", f"{one.what} {one.name}".strip(), f"Frozen: {one}.", "`producer thaw` ends it.")
    if not freeze:
        yield Finding("ok", "teams", "Nothing is frozen.")
