"""`producer export`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from producer import completion
from producer.options import name_of_spec, spec_name_option, spec_option, templates_option
from vault_aws_kit import terminal
from vault_aws_kit.wording import counted


@click.command()
@click.option("--team", metavar="TEAM", required=True, shell_complete=completion.teams, help="Whose catalog.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write this file instead of standard output.",
)
@spec_option
@spec_name_option
@templates_option
@terminal.vault_options
def command(
    team: str,
    out: Path | None,
    spec_file: Path,
    spec_name: str,
    templates: Sequence[Path],
    vault: terminal.VaultOptions,
) -> int:
    """Write a team's catalog to a file, so that `consumer render --catalog FILE` needs no Vault.

    It is what Vault's catalog tells the team now, and holds no secret. The SHA-256 in it shows damage, not forgery: who
    can change the file can change that too.
    """
    from producer.published import team_entry
    from vault_aws_kit import catalog_file, files
    from vault_aws_kit.catalog import Catalog, digest

    spec = name_of_spec(spec_name, spec_file, templates)
    with terminal.connect(vault) as connection:
        entry = team_entry(spec, team, Catalog(connection, vault.catalog_mount))
    text = catalog_file.to_text(entry)
    if out is None:
        terminal.emit(text)
        return 0
    files.replace(out, text.encode())
    terminal.say(
        f"Wrote {out}: {counted(len(entry.roles), 'role')} of {spec}/{team}, SHA-256 {digest(entry.to_json())}."
    )
    return 0
