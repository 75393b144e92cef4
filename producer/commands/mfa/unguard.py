"""`producer mfa unguard`."""

from __future__ import annotations

import click

from producer.commands.mfa.carrying import carry_out
from producer.commands.mfa.guard_options import group_option
from producer.options import only_plan_options, profile_option
from vault_aws_kit import terminal
from vault_aws_kit.wording import counted


@click.command()
@group_option
@only_plan_options
@profile_option
@terminal.yes_option
@terminal.format_option("text", "json")
def command(group: str, only_plan: bool, detailed_exitcode: bool, profile: str, yes: bool, output: str) -> int:
    """Put everything back as it was before `guard`: memberships, policies with all versions, the group.

    What others gave to the group stays, and then so do the group and its members.
    """
    from producer.iam_account import open_account
    from producer.mfa_guard.observed import observe
    from producer.mfa_guard.plan import plan_unguard

    iam = open_account(profile)
    found = observe(iam, group)
    question = f"End this guard of {counted(len(found.members), 'user')} in account {iam.account}?"
    return carry_out(
        plan_unguard(group, found), iam, question,
        only_plan=only_plan, detailed=detailed_exitcode, output=output, yes=yes,
    )  # fmt: skip
