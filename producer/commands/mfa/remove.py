"""`producer mfa remove`."""

from __future__ import annotations

from dataclasses import asdict

import click

from producer.commands.mfa.guard_options import group_option, users_argument
from producer.options import profile_option
from vault_aws_kit import terminal


@click.command()
@users_argument
@group_option
@profile_option
@terminal.format_option("text", "json")
def command(users: tuple[str, ...], group: str, profile: str, output: str) -> int:
    """Take IAM users out of a guard, without asking: they are as they were before `add`."""
    from producer.iam_account import open_account
    from producer.mfa_guard import members
    from producer.mfa_guard.observed import observe
    from producer.mfa_guard.plan import must_be_ours

    iam = open_account(profile)
    found = observe(iam, group)
    must_be_ours(found)
    done = members.remove(iam, group, users, found.members)
    if output == "json":
        terminal.emit_json({"group": group, **asdict(done)})
        return 0
    for user in done.changed:
        terminal.emit(f"{user} is no longer under {group}.")
    for user in done.already:
        terminal.emit(f"{user} was not under {group}.")
    return 0
