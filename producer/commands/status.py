"""`producer status`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from producer.options import spec_option, templates_option
from vault_aws_kit import terminal


@click.command()
@spec_option
@templates_option
@terminal.format_option("text", "json")
@terminal.vault_options
def command(spec_file: Path, templates: Sequence[Path], output: str, vault: terminal.VaultOptions) -> int:
    """Show engines, roles, teams, active leases, and what is in Vault but not in the spec."""
    from producer.spec import load_spec
    from producer.status import status
    from producer.status_text import status_text

    spec = load_spec(spec_file, templates)
    with terminal.connect(vault) as connection:
        found = status(spec, connection, vault.catalog_mount)
    if output == "json":
        terminal.emit_json(asdict(found))
    else:
        terminal.emit(status_text(found))
    return 0
