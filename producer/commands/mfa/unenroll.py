"""`producer mfa unenroll`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from producer.commands.mfa.device_options import Target, opened, target_options
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from producer.mfa_device.enrolment import Enrolment
    from producer.mfa_device.unenroll import Removal


@click.command()
@target_options
@terminal.yes_option
def command(target: Target, yes: bool) -> int:
    """Take from USER the device that Vault is: the device, the key in Vault, its policy and that from every login."""
    from producer.mfa_device.unenroll import look, unenroll

    with opened(target, gone=True) as enrolment:
        removal = look(enrolment)
        if removal:
            _ask(enrolment, removal, yes=yes)
            unenroll(enrolment, removal)
    for serial in removal.elsewhere:
        terminal.warn(
            f"{serial} stays: its seed is in another Vault, or in a TOTP engine that is gone."
            f" `aws iam deactivate-mfa-device --user-name {enrolment.user} --serial-number {serial}` ends it."
        )
    terminal.emit(f"{enrolment.user}: {'unenrolled' if removal else 'nothing to do'}.")
    return 0


def _ask(enrolment: Enrolment, removal: Removal, *, yes: bool) -> None:
    from producer.mfa_device.unenroll import guarded_by

    terminal.say("\n".join(f"- {line}" for line in removal.lines(enrolment.key.path)))
    groups = guarded_by(enrolment.account, enrolment.user)
    if groups and not removal.found.others:
        terminal.warn(f"{enrolment.user} is in {', '.join(groups)}: without a device no write is open to this user.")
    terminal.confirm("Remove this?", yes=yes)
