"""What `guard` and `unguard` do alike: show the plan, ask, carry it out, and say how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_aws_kit import terminal
from vault_aws_kit.errors import CHANGES
from vault_aws_kit.wording import counted

if TYPE_CHECKING:
    from producer.iam_account import IamAccount
    from producer.mfa_guard.plan import Plan


def carry_out(
    plan: Plan, iam: IamAccount, question: str, *, only_plan: bool, detailed: bool, output: str, yes: bool
) -> int:
    """A command's exit code."""
    from producer.mfa_guard.apply import apply
    from producer.mfa_guard.plan_text import plan_json, plan_text

    if output == "text":
        terminal.emit(plan_text(plan))
    if plan and not only_plan:
        terminal.confirm(question, yes=yes)
        with terminal.progress() as step:
            apply(plan, iam, lambda change: step(str(change)))
        terminal.say(f"Done: {counted(len(plan.changes), 'change')} applied.")
    if output == "json":
        terminal.emit_json(plan_json(plan))
    return CHANGES if only_plan and detailed and plan else 0
