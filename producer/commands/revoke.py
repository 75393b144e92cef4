"""`producer revoke`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.options import duration_option, spec_name_option, spec_option, target_options, templates_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from producer.incident.revoke import Target


@click.command()
@target_options
@click.option("--freeze", is_flag=True, help="First stop new credentials, until `producer thaw`; setup keeps it so.")
@click.option("--keep-sessions", is_flag=True, help="Leave STS sessions alone: they live until they end.")
@duration_option("--lock-timeout", default="90s", help="With --freeze: how long to wait for a setup that is at work.")
@spec_name_option
@spec_option
@templates_option
@terminal.yes_option
@terminal.format_option("text", "json")
@terminal.vault_options
def command(
    target: Target,
    freeze: bool,
    keep_sessions: bool,
    lock_timeout: int,
    spec_name: str,
    spec_file: Path,
    templates: Sequence[Path],
    yes: bool,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """End what a role, a team or all roles have issued, and prove it.

    Leases are revoked, and AWS is asked whether their IAM users are gone. A team loses its tokens and secret_ids, and
    other teams of its roles go on. STS sessions, which Vault can't revoke, are denied by a policy on the IAM role.
    """
    from producer.incident.report import report_json, report_text
    from producer.incident.revoke import Choices, revoke
    from producer.options import name_of_spec

    name = name_of_spec(spec_name, spec_file, templates)
    choices = Choices(vault.catalog_mount, freeze, not keep_sessions, lock_timeout)
    with terminal.connect(vault, patience=terminal.PATIENCE) as connection:
        terminal.confirm(_question(name, target, choices.sessions), yes=yes)
        report = revoke(name, target, connection, choices, say=terminal.say)
    if output == "json":
        terminal.emit_json(report_json(report))
    else:
        terminal.emit(report_text(report))
    report.check()
    return 0


def _question(spec: str, target: Target, sessions: bool) -> str:
    what = f"{target.what} {target.name}" if target.name else "every role"
    also = " Every session of its IAM roles ends too, whoever made it." if sessions else ""
    return f"End all that {what} of spec {spec} has issued?{also}"
