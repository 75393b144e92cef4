"""`producer mfa enroll`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from producer.commands.mfa.device_options import Target, check_terminal, login_option, opened, qr_option, target_options
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from producer.mfa_device.readers import Login


@click.command()
@target_options
@login_option
@click.option("--additional", is_flag=True, help="Even if the user has other MFA devices.")
@qr_option
@terminal.format_option("text", "json")
def command(
    target: Target,
    logins: Sequence[Login],
    additional: bool,
    export_qr: bool,
    output: str,
) -> int:
    """Make Vault the MFA device of the IAM user USER.

    The device's seed goes from AWS into Vault's TOTP engine and nowhere else; who may read there has its codes. Run it
    again to give the codes to more logins, or after a run that was stopped.
    """
    from producer.mfa_device import bystanders, qr, report
    from producer.mfa_device.enroll import enroll

    if export_qr:
        check_terminal()
    with opened(target) as enrolment:
        made = enroll(enrolment, [login.path for login in logins], additional=additional)
        if made:
            _warn_of(bystanders.policies(enrolment.key))
        told = report.describe(enrolment)
    if export_qr and made:
        qr.show(made.seed.uri(enrolment.user, enrolment.account.account), enrolment.user)
    elif export_qr:
        terminal.warn("Nobody can be shown the seed again: `producer mfa rotate --export-qr` makes another.")
    verb = "enrolled" if made else "nothing to do"
    terminal.emit_json(told) if output == "json" else terminal.emit(report.text(told, verb))
    return 0


def _warn_of(policies: Sequence[str]) -> None:
    if policies:
        terminal.warn(f"Whoever has one of these policies may read the codes too: {', '.join(policies)}.")
