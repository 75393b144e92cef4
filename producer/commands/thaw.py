"""`producer thaw`."""

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
@duration_option("--lock-timeout", default="90s", help="How long to wait for a setup that is at work.")
@spec_name_option
@spec_option
@templates_option
@terminal.yes_option
@terminal.format_option("text", "json")
@terminal.vault_options
def command(
    target: Target,
    lock_timeout: int,
    spec_name: str,
    spec_file: Path,
    templates: Sequence[Path],
    yes: bool,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """End a freeze: the teams get credentials again. --all ends every freeze of the spec."""
    from producer.freeze import read_freeze
    from producer.incident.freezing import thaw
    from producer.incident.revoke import thawed_by
    from producer.options import name_of_spec
    from vault_aws_kit.catalog import Catalog

    name = name_of_spec(spec_name, spec_file, templates)
    with terminal.connect(vault) as connection:
        catalog = Catalog(connection, vault.catalog_mount)
        ends = thawed_by(catalog, name, target)
        told = [str(one) for one in read_freeze(catalog, name) if ends(one)]
        if told:
            terminal.confirm(f"Thaw {'; '.join(told)}?", yes=yes)
        thawed, stays = thaw(catalog, name, ends, wait=lock_timeout, say=terminal.say)
    if output == "json":
        terminal.emit_json({"thawed": [str(one) for one in thawed], "frozen": [str(one) for one in stays]})
        return 0
    terminal.emit("\n".join([*(f"Thawed: {one}" for one in thawed)]) or "Nothing of that was frozen by itself.")
    for one in stays:
        terminal.say(f"Still frozen: {one}")
    return 0
