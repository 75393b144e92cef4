"""`producer tfe disconnect`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.commands.tfe.carrying import LOCK_WAIT, carry_out
from producer.commands.tfe.options import run_options, where_options
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from producer.connect.asked import Where


@click.command()
@where_options
@terminal.format_option("text", "json")
@run_options
def command(
    where: Where,
    output: str,
    only_plan: bool,
    detailed_exitcode: bool,
    spec_file: Path,
    templates: Sequence[Path],
    yes: bool,
    vault: terminal.VaultOptions,
) -> int:
    """Take away what `connect` set up: the variables first, then the login.

    Vault's JWT auth method itself stays, as others may use it.
    """
    from producer.connect.connection import Connection
    from producer.connect.run import Choices, prepare_removal
    from producer.spec import load_spec
    from vault_aws_kit.tfe.settings import TfeSettings

    spec = load_spec(spec_file, templates)
    server = TfeSettings.from_environment(host=where.host, ca=where.ca_bundle)
    going = where.connections(Connection("", "", (), host=server.host), spec.name)
    choices = Choices(vault.catalog_mount, lock_wait=LOCK_WAIT)
    return carry_out(
        spec, lambda there, tfe: prepare_removal(spec, going, there, tfe, choices), where, choices, vault,
        removing=True, only_plan=only_plan, detailed=detailed_exitcode, output=output, yes=yes,
    )  # fmt: skip
