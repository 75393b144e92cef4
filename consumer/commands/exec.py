"""`consumer exec`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

from consumer import session
from consumer.options import parameter_options, role_option, team_option, wait_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.issue import Parameters
    from consumer.lasting_token import LastingToken
    from consumer.leases import Leases
    from vault_aws_kit.contract import RoleEntry


@click.command(context_settings={"allow_interspersed_args": False})
@role_option
@click.option("--refresh", is_flag=True, help="Give the command ever new credentials, for as long as it runs.")
@parameter_options
@wait_option
@team_option
@terminal.vault_options
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD…")
def command(
    role: str,
    refresh: bool,
    asked: Parameters,
    wait: int,
    team: str,
    vault: terminal.VaultOptions,
    program: Sequence[str],
) -> int:
    """Run a command with fresh credentials of a role, and revoke their lease when it ends.

    The exit code is the command's own, 128+n where signal n ended it, 126 or 127 where it can't be run, and 125
    where no credentials could be had.
    """
    from consumer.executing import as_a_shell

    return as_a_shell(program, lambda: _run(role, asked, wait, team, vault, program, refresh=refresh))


def _run(
    role: str,
    asked: Parameters,
    wait: int,
    team: str,
    vault: terminal.VaultOptions,
    program: Sequence[str],
    *,
    refresh: bool,
) -> int:
    from consumer import child, notes, propagation
    from consumer.lasting_token import LastingToken
    from consumer.leases import Leases
    from consumer.roles import find_access

    with session.connect(vault, team) as connection:
        access = find_access(connection, vault.catalog_mount, team)
        found = access.role(role)
        access.check_session_name(found, asked.session_name)
        with child.signals_held() as mask:
            token = LastingToken(connection, access.token, lambda: session.connect(vault, team), notes.tell)
            settle = propagation.settling(wait, lambda _: child.check_not_ended())
            leases = Leases(token, lambda _: asked, settle)
            prepared = _served if refresh else _given
            try:
                with prepared(found, asked, token, leases) as environment:
                    return child.run(program, environment, mask)
            finally:
                notes.give_back(leases)


@contextlib.contextmanager
def _given(role: RoleEntry, asked: Parameters, token: LastingToken, leases: Leases) -> Iterator[Mapping[str, str]]:
    """The environment with one set of credentials, whose lease is renewed meanwhile (and the token they need)."""
    from consumer import environment, notes, upkeep
    from consumer.leases import Lifeline

    credentials = leases.take(role)
    lifeline = Lifeline(leases, credentials, notes.tell)
    with contextlib.suppress(OSError):
        notes.ends_with_token(credentials, token.token)
    duties = (token.look_after, lifeline.look_after) if credentials.revocable else (lifeline.look_after,)
    with upkeep.each_second(*duties):
        yield environment.for_child(os.environ, credentials, region=asked.region)


def _served(
    role: RoleEntry, asked: Parameters, token: LastingToken, leases: Leases
) -> AbstractContextManager[Mapping[str, str]]:
    """The environment that leads to an endpoint of its own, which has credentials for as long as the token lives."""
    from consumer.executing import endpoint_for

    return endpoint_for(role, lambda: leases.take(role), [token.look_after], asked.region)
