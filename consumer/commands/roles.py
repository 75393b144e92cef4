"""`consumer roles`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from consumer import session
from consumer.options import team_option
from vault_aws_kit import clock, terminal

if TYPE_CHECKING:
    from consumer.roles import Access
    from vault_aws_kit.contract import RoleEntry


@click.command()
@terminal.format_option("text", "json")
@team_option
@terminal.vault_options
def command(output: str, team: str, vault: terminal.VaultOptions) -> int:
    """List the roles that this token may use."""
    from consumer.roles import find_access

    with session.connect(vault, team) as connection:
        access = find_access(connection, vault.catalog_mount, team)
    if output == "json":
        terminal.emit_json([_as_json(access, role) for role in access.roles])
        return 0
    terminal.say(f"Team: {', '.join(f'{entry.spec}/{entry.team}' for entry in access.teams)}")
    terminal.emit_table(
        ("ROLE", "TYPE", "ENGINE", "ACCOUNT", "REGION", "TTL", "MAX TTL"), [_row(access, role) for role in access.roles]
    )
    return 0


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
