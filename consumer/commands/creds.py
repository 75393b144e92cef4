"""`consumer creds`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumer import session
from consumer.formats import FORMATS
from consumer.options import (
    min_ttl_option,
    no_cache_option,
    out_option,
    parameter_options,
    role_option,
    team_option,
    wait_option,
)
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.issue import Parameters


@click.command()
@role_option
@terminal.format_option(*FORMATS, default="env")
@out_option
@parameter_options
@min_ttl_option
@wait_option
@no_cache_option
@team_option
@terminal.vault_options
def command(
    role: str,
    output: str,
    out: Path | None,
    asked: Parameters,
    min_ttl: int | None,
    wait: int,
    no_cache: bool,
    team: str,
    vault: terminal.VaultOptions,
) -> int:
    """Print credentials of a role: cached ones while they last, else fresh ones."""
    from consumer import notes
    from consumer.cache import Store
    from consumer.obtain import obtain
    from consumer.output import check_place, put_secret
    from consumer.sources.vault_role import VaultRole

    FORMATS[output].check()
    if out:
        check_place(out)
    with session.connect(vault, team) as connection, terminal.progress() as step:
        asked = replace(asked, codes=replace(asked.codes, stdin=True))
        source = VaultRole(connection, role, asked, team, vault.catalog_mount)
        store = None if no_cache else Store.of_user(source.secret)
        obtained = obtain(source, store, min_ttl=min_ttl, wait=wait, step=step)
    put_secret(FORMATS[output].text(obtained.credentials), out)
    notes.of_obtained(obtained, min_ttl)
    return 0
