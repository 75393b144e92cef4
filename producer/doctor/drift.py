"""What `setup` would change: Vault is not what the spec says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from producer.diff import Plan
from producer.doctor.interface import Case, Check, Need
from producer.pipeline import make_plan
from vault_aws_kit.findings import Finding
from vault_aws_kit.wording import counted


class Drift(Check):
    title: ClassVar[str] = "Plan"
    needs: ClassVar[frozenset[Need]] = frozenset({"vault"})

    def look(self, case: Case) -> Iterator[Finding]:
        yield from judge(make_plan(case.spec, case.vault, catalog_mount=case.catalog_mount))


def judge(plan: Plan) -> Iterator[Finding]:
    drifted = [action.resource.path for action in plan.changes if "drift" in action.reasons]
    if drifted:
        told = f"Changed in Vault since the last setup: {', '.join(drifted[:5])}{' and more' if drifted[5:] else ''}."
        yield Finding("info", "drift", told, "`producer plan` shows it, `producer setup` undoes it.")
    if plan:
        told = f"`setup` has {counted(len(plan.changes), 'change')} to make."
        yield Finding("info", "spec", told, "Look at `producer plan`, then run `producer setup`.")
    else:
        yield Finding("ok", "spec", "Vault is what it says.")
    if plan.left_over:
        told = f"{counted(len(plan.left_over), 'object')} made from this spec and no longer in it."
        yield Finding("info", "left over", told, "`producer plan --prune` shows what would be deleted.")
    if plan.spared:
        told = f"No longer in the spec, but protected, and kept: {', '.join(path for _, path in plan.spared)}."
        yield Finding("info", "left over", told)
