"""`producer mfa add`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from producer.commands.mfa.guard_options import group_option, users_argument
from producer.options import profile_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from producer.mfa_guard.members import Done


@click.command()
@users_argument
@group_option
@profile_option
@terminal.format_option("text", "json")
def command(users: tuple[str, ...], group: str, profile: str, output: str) -> int:
    """Put IAM users under a guard: from then on they write to AWS only with MFA."""
    from producer.iam_account import open_account
    from producer.mfa_guard import lockout, members
    from producer.mfa_guard.observed import observe
    from producer.mfa_guard.plan import must_be_there

    iam = open_account(profile)
    found = observe(iam, group)
    must_be_there(group, found)
    for note in lockout.by_membership(found.account.group(group), users, iam):
        terminal.warn(note)
    done = members.add(iam, group, users, found.members)
    if output == "json":
        terminal.emit_json({"group": group, **asdict(done)})
    else:
        _show(done, group, found.services)
    for one in members.with_devices(iam, users, users):
        if not one.devices:
            terminal.warn(f"{one.user} has no MFA device: `producer mfa enroll {one.user}` gives one, and until then no"
                          " write.")  # fmt: skip
    return 0


def _show(done: Done, group: str, services: Sequence[str]) -> None:
    for user in done.changed:
        terminal.emit(f"{user} is under {group}: writes to {', '.join(services)} need MFA.")
    for user in done.already:
        terminal.emit(f"{user} was under {group} already.")
