"""`consumer roles`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumer.options import catalog_option, team_option
from vault_aws_kit import clock, terminal

if TYPE_CHECKING:
    from consumer.roles import Access
    from vault_aws_kit.contract import RoleEntry

COLUMNS = ("ROLE", "TYPE", "ENGINE", "ACCOUNT", "REGION", "TTL", "MAX TTL")


@click.command()
@terminal.format_option("text", "json")
@click.option("--pick", is_flag=True, help="Let a person pick one on the terminal, and print its name alone.")
@catalog_option
@team_option
@terminal.vault_options
def command(output: str, pick: bool, catalog_file: Path | None, team: str, vault: terminal.VaultOptions) -> int:
    """List the roles that this token may use, or pick one of them."""
    from consumer.offline import access_from

    access = access_from(catalog_file, vault, team)
    if pick:
        terminal.emit(_picked(access))
        return 0
    if output == "json":
        terminal.emit_json([_as_json(access, role) for role in access.roles])
        return 0
    terminal.say(f"Team: {', '.join(f'{entry.spec}/{entry.team}' for entry in access.teams)}")
    terminal.emit_table(COLUMNS, [_row(access, role) for role in access.roles])
    return 0


def _picked(access: Access) -> str:
    from consumer.picker import pick

    rows = [_row(access, role) for role in access.roles]
    _, *lines = terminal.table(COLUMNS, rows)
    return pick([(row[0], line) for row, line in zip(rows, lines, strict=True)])


def _row(access: Access, role: RoleEntry) -> tuple[str, ...]:
    ttls = [clock.duration(ttl) if ttl else "-" for ttl in (role.default_ttl, role.max_ttl)]
    return (access.name_of(role), role.type, role.engine, role.account or "-", role.region or "-", *ttls)


def _as_json(access: Access, role: RoleEntry) -> dict[str, Any]:
    return {
        "role": access.name_of(role),
        "name": role.name,
        "type": role.type,
        "engine": role.engine,
        "mount": role.mount,
        "account": role.account,
        "region": role.region,
        "default_ttl": role.default_ttl,
        "max_ttl": role.max_ttl,
        "role_arns": list(role.role_arns),
        "teams": [f"{entry.spec}/{entry.team}" for entry in access.teams_of(role)],
    }
