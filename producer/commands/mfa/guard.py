"""`producer mfa guard`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from producer.commands.mfa.carrying import carry_out
from producer.commands.mfa.guard_options import group_option, services_option
from producer.options import only_plan_options, profile_option
from vault_aws_kit import terminal

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
@only_plan_options
@profile_option
@terminal.yes_option
@terminal.format_option("text", "json")
def command(
    group: str,
    services: tuple[str, ...],
    enrolment: Enrolment,
    prune: bool,
    only_plan: bool,
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
    from producer.mfa_guard.notes import notes
    from producer.mfa_guard.observed import observe
    from producer.mfa_guard.plan import Wanted, plan_guard

    if not services:
        raise click.UsageError("--services names none: a guard without services guards nothing.")
    iam = open_account(profile)
    found = observe(iam, group)
    plan = plan_guard(Wanted(group, services, enrolment), found, prune=prune)
    for note in [*notes([*services, *plan.left_over], enrolment), *lockout.by_plan(plan, found, iam)]:
        terminal.warn(note)
    return carry_out(
        plan, iam, f"Apply this in account {iam.account}?",
        only_plan=only_plan, detailed=detailed_exitcode, output=output, yes=yes,
    )  # fmt: skip
