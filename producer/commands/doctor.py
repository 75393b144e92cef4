"""`producer doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from producer.options import spec_option, templates_option
from vault_aws_kit import terminal


@click.command()
@click.option("--probe", is_flag=True, help="Get credentials of every role from AWS, and revoke them at once.")
@click.option("--strict", is_flag=True, help="Fail for warnings too.")
@spec_option
@templates_option
@terminal.format_option("text", "json")
@terminal.vault_options
def command(
    probe: bool,
    strict: bool,
    spec_file: Path,
    templates: Sequence[Path],
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Check all that the spec relies on: Vault, the token, engines, keys, lifetimes, policies, AWS.

    It changes nothing; only --probe makes credentials, and ends them. What AWS must be asked is looked at where there
    are AWS credentials.
    """
    from producer.doctor import examine, report_json, report_text
    from producer.spec import load_spec
    from vault_aws_kit import stopping

    spec = load_spec(spec_file, templates)
    with terminal.connect(vault) as connection, terminal.progress() as step, stopping.in_order(only_if=probe):
        report = examine(spec, connection, catalog_mount=vault.catalog_mount, probe=probe, progress=step)
    if output == "json":
        terminal.emit_json(report_json(report))
    else:
        terminal.emit(report_text(report))
    report.check(strict=strict)
    return 0
