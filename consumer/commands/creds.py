"""`consumer creds`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from consumer import session
from consumer.formats import FORMATS
from consumer.options import parameter_options, role_option, team_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.issue import Parameters


@click.command()
@role_option
@terminal.format_option(*FORMATS, default="env")
@parameter_options
@team_option
@terminal.vault_options
def command(role: str, output: str, asked: Parameters, team: str, vault: terminal.VaultOptions) -> int:
    """Print fresh credentials of a role."""
    from consumer.issue import issue
    from consumer.notes import ends_with_token
    from consumer.roles import find_access

    with session.connect(vault, team) as connection:
        access = find_access(connection, vault.catalog_mount, team)
        credentials = issue(connection, access.token, access.role(role), asked)
    terminal.emit(FORMATS[output].text(credentials))
    ends_with_token(credentials, access.token)
    return 0
