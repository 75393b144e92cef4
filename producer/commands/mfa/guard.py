"""`producer mfa guard`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from producer.commands.mfa.guard_options import group_option, services_option
from producer.options import profile_option
from vault_aws_kit import terminal
from vault_aws_kit.errors import CHANGES
from vault_aws_kit.wording import counted

if TYPE_CHECKING:
    from producer.mfa_guard.documents import Enrolment


@click.command()
@group_option
@services_option(default="ec2,iam,sts", help="The services whose writes need MFA, as IAM calls them.")
@click.option(
    "--enrolment",
    type=click.Choice(("admin", "self")),
    default="admin",
    show_default=True,
    help="Who makes and enables a user's device: an admin, or the user, without MFA.",
)
@click.option("--prune", is_flag=True, help="End the guard of services that it has and --services hasn't.")
@click.option("--plan", "planning", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--detailed-exitcode", is_flag=True, help="With --plan: exit 2 when there are changes, as Terraform does."
)
@profile_option
@terminal.yes_option
@terminal.format_option("text", "json")
def command(
    group: str,
    services: tuple[str, ...],
    enrolment: Enrolment,
    prune: bool,
    planning: bool,
    detailed_exitcode: bool,
    profile: str,
    yes: bool,
    output: str,
) -> int:
    """Make or update a guard: a group whose members write to AWS only with MFA, also by requests that know no MFA.

    Reading stays open. It binds nobody until `producer mfa add` puts users into the group.
    """
    from producer.iam_account import open_account
    from producer.mfa_guard import lockout
    from producer.mfa_guard.apply import apply
    from producer.mfa_guard.notes import notes
    from producer.mfa_guard.observed import observe
    from producer.mfa_guard.plan import Wanted, plan_guard
    from producer.mfa_guard.plan_text import plan_json, plan_text

    if not services:
        raise click.UsageError("--services names none: a guard without services guards nothing.")
    iam = open_account(profile)
    found = observe(iam, group)
    plan = plan_guard(Wanted(group, services, enrolment), found, prune=prune)
    for note in [*notes([*services, *plan.left_over], enrolment), *lockout.by_plan(plan, found, iam)]:
        terminal.warn(note)
    if output == "text":
        terminal.emit(plan_text(plan))
    if plan and not planning:
        terminal.confirm(f"Apply this in account {iam.account}?", yes=yes)
        with terminal.progress() as step:
            apply(plan, iam, lambda change: step(str(change)))
        terminal.say(f"Done: {counted(len(plan.changes), 'change')} applied.")
    if output == "json":
        terminal.emit_json(plan_json(plan))
    return CHANGES if planning and detailed_exitcode and plan else 0
