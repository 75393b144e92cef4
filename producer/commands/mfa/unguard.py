"""`producer mfa unguard`."""

from __future__ import annotations

import click

from producer.commands.mfa.guard_options import group_option
from producer.options import profile_option
from vault_aws_kit import terminal
from vault_aws_kit.wording import counted


@click.command()
@group_option
@click.option("--plan", "planning", is_flag=True, help="Show what would go, and change nothing.")
@profile_option
@terminal.yes_option
@terminal.format_option("text", "json")
def command(group: str, planning: bool, profile: str, yes: bool, output: str) -> int:
    """Put everything back as it was before `guard`: memberships, policies with all versions, the group.

    What others gave to the group stays, and then so do the group and its members.
    """
    from producer.iam_account import open_account
    from producer.mfa_guard.apply import apply
    from producer.mfa_guard.observed import observe
    from producer.mfa_guard.plan import plan_unguard
    from producer.mfa_guard.plan_text import plan_json, plan_text

    iam = open_account(profile)
    found = observe(iam, group)
    plan = plan_unguard(group, found)
    if output == "text":
        terminal.emit(plan_text(plan))
    if plan and not planning:
        who = counted(len(found.members), "user")
        terminal.confirm(f"End this guard of {who} in account {iam.account}?", yes=yes)
        with terminal.progress() as step:
            apply(plan, iam, lambda change: step(str(change)))
        terminal.say(f"Done: {counted(len(plan.changes), 'change')} applied.")
    if output == "json":
        terminal.emit_json(plan_json(plan))
    return 0
