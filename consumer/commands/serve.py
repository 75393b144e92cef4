"""`consumer serve`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumer import completion, session
from consumer.options import parameter_options, port_option, team_option, token_file_option, wait_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.issue import Parameters
    from consumer.roles import Access
    from vault_aws_kit.contract import RoleEntry


@click.command()
@click.option("--role", "names", metavar="[ENGINE/]ROLE", multiple=True, shell_complete=completion.roles,
              help="Role to serve; else all that there are.")  # fmt: skip
@port_option
@token_file_option
@terminal.format_option("text", "json", "env")
@parameter_options
@wait_option
@team_option
@terminal.vault_options
def command(
    names: Sequence[str],
    port: int,
    token_file: Path | None,
    output: str,
    asked: Parameters,
    wait: int,
    team: str,
    vault: terminal.VaultOptions,
) -> int:
    """Serve ever fresh credentials to AWS SDKs on this machine, until it is ended.

    Once it is ready it prints one line that says where. Credentials of roles that are named are got at once, others
    when somebody asks. At the end their leases are revoked.
    """
    if output == "env" and len(names) != 1:
        raise click.UsageError("--format env is for one role: name it with --role.")
    from consumer import child, notes, propagation
    from consumer.endpoint import ready
    from consumer.lasting_token import LastingToken
    from consumer.leases import Leases
    from consumer.roles import find_access
    from consumer.serving import serve
    from vault_aws_kit.errors import RevokeFailed

    with session.connect(vault, team) as connection:
        access = find_access(connection, vault.catalog_mount, team)
        roles = _chosen(access, names)
        for role in roles:
            access.check_session_name(role, asked.session_name)
        with child.signals_held(child.ENDING):
            token = LastingToken(connection, access.token, lambda: session.connect(vault, team), notes.tell)
            leases = Leases(token, asked.for_each(roles), propagation.settling(wait))
            at_once = roles if names else ()
            try:
                line = ready.LINES[output]
                serve(roles, at_once, leases.take, [token.look_after], port, token_file, line, asked.region)
            finally:
                revoked = notes.give_back(leases)
    return 0 if revoked else RevokeFailed.exit_code


def _chosen(access: Access, names: Sequence[str]) -> Sequence[RoleEntry]:
    """The roles of these names, else all. Raises RoleUnknown, RoleAmbiguous where two would have one path."""
    if names:
        return list(dict.fromkeys(access.role(name) for name in names))
    for path, count in Counter(role.qualified for role in access.roles).items():
        if count > 1:
            access.role(path)
    return access.roles
