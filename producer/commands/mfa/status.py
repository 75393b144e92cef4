"""`producer mfa status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from producer.commands.mfa.guard_options import group_option
from producer.options import profile_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from producer.mfa_guard.status import Status


@click.command()
@group_option
@profile_option
@terminal.format_option("text", "json")
def command(group: str, profile: str, output: str) -> int:
    """Show what a guard guards, who is under it, and who has an MFA device."""
    from producer.iam_account import open_account
    from producer.mfa_guard.observed import observe
    from producer.mfa_guard.plan import must_be_ours
    from producer.mfa_guard.status import as_json, status

    iam = open_account(profile)
    observed = observe(iam, group)
    must_be_ours(observed)
    found = status(iam, group, observed)
    if output == "json":
        terminal.emit_json(as_json(found))
    else:
        _show(found)
    return 0


def _show(found: Status) -> None:
    from producer.mfa_guard.notes import notes
    from producer.mfa_guard.status import rows

    if found.there:
        terminal.emit(f"{found.group} guards writes to {', '.join(found.services)} in account {found.account}.")
        for note in notes(found.services, found.enrolment):
            terminal.warn(note)
    else:
        terminal.emit(f"There is no guard {found.group} in account {found.account}.")
    if found.outdated:
        terminal.warn(f"Not as `producer mfa guard` would make it now: {', '.join(found.outdated)}. Run it again.")
    if found.foreign:
        terminal.warn(f"The group also has {', '.join(found.foreign)}, which somebody else gave it.")
    if found.stuck:
        terminal.warn(f"Guarded and without a device, so unable to write: {', '.join(found.stuck)}.")
    terminal.emit_table(("USER", "GUARDED", "DEVICES"), rows(found))
