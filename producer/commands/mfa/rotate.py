"""`producer mfa rotate`."""

from __future__ import annotations

import click

from producer.commands.mfa.device_options import Target, check_terminal, opened, qr_option, target_options
from vault_aws_kit import terminal


@click.command()
@target_options
@qr_option
@terminal.format_option("text", "json")
def command(target: Target, export_qr: bool, output: str) -> int:
    """Give USER another device with another seed, and remove the old one.

    Vault gives codes that AWS takes at every moment of it. Who scanned the old seed has no device any more.
    """
    from producer.mfa_device import qr, report
    from producer.mfa_device.rotate import rotate

    if export_qr:
        check_terminal()
    with opened(target) as enrolment:
        made = rotate(enrolment)
        told = report.describe(enrolment)
    if export_qr:
        qr.show(made.seed.uri(enrolment.user, enrolment.account.account), enrolment.user)
    terminal.emit_json(told) if output == "json" else terminal.emit(report.text(told, "rotated"))
    return 0
