"""`consumer exec`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from consumer import session
from consumer.options import parameter_options, role_option, team_option
from vault_aws_kit import clock, terminal
from vault_aws_kit.errors import EXEC_FAILED

if TYPE_CHECKING:
    from consumer.issue import Parameters
    from vault_aws_kit.credentials import Credentials
    from vault_aws_kit.vault import Vault


@click.command(context_settings={"allow_interspersed_args": False})
@role_option
@parameter_options
@team_option
@terminal.vault_options
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD…")
def command(role: str, asked: Parameters, team: str, vault: terminal.VaultOptions, program: Sequence[str]) -> int:
    """Run a command with fresh credentials of a role, and revoke their lease when it ends.

    The exit code is the command's own, 128+n where signal n ended it, 126 or 127 where it can't be run, and 125
    where no credentials could be had.
    """
    from consumer import child

    try:
        child.check_is_there(program[0])
        return _run(role, asked, team, vault, program)
    except child.NotStarted as failure:
        with _quietly():
            terminal.say(f"Not run: {failure.why}.")
        return failure.code
    except Exception as error:  # noqa: BLE001 - whatever fails here, it is one code, which no command uses
        terminal.report(error)
        return EXEC_FAILED


def _run(role: str, asked: Parameters, team: str, vault: terminal.VaultOptions, program: Sequence[str]) -> int:
    from consumer import child, environment
    from consumer.issue import issue
    from consumer.notes import ends_with_token
    from consumer.roles import find_access

    with session.connect(vault, team) as connection:
        access = find_access(connection, vault.catalog_mount, team)
        found = access.role(role)
        with child.signals_held() as mask:
            credentials = issue(connection, access.token, found, asked)
            try:
                with _quietly():
                    ends_with_token(credentials, access.token)
                return child.run(program, environment.for_child(os.environ, credentials, region=asked.region), mask)
            finally:
                _give_back(connection, credentials)


def _give_back(vault: Vault, credentials: Credentials) -> None:
    """Revoke the lease and say what that means; a failure is told, and changes no exit code."""
    from consumer.issue import revoke
    from vault_aws_kit.errors import RevokeFailed

    failure = None
    try:
        if credentials.lease_id:
            revoke(vault, credentials.lease_id)
    except RevokeFailed as error:
        failure = error
    with _quietly():
        if failure:
            terminal.report(failure)
        terminal.say(_fate(credentials, revoked=not failure))


def _fate(credentials: Credentials, *, revoked: bool) -> str:
    """What becomes of the credentials, said honestly: AWS lets nobody revoke an STS session."""
    key = credentials.access_key_id
    until = f"until {clock.timestamp(credentials.expires)}" if credentials.expires else "with no known end"
    if credentials.revocable and not revoked:
        return f"Key {key} lives on {until}."
    if credentials.revocable:
        return f"Revoked lease {credentials.lease_id}: key {key} is deleted."
    closed = f"Revoked lease {credentials.lease_id}. " if credentials.lease_id and revoked else ""
    return f"{closed}Nobody can revoke an STS session: {key} lives on {until}."


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Talk to somebody who may have gone: that must cost neither the lease's end nor the child's exit code."""
    with contextlib.suppress(OSError):
        yield
