"""`consumer login`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from vault_aws_kit import clock, terminal

if TYPE_CHECKING:
    from vault_aws_kit.auth.interface import Login, LoginMethod
    from vault_aws_kit.vault import Vault

METHODS = ("approle", "token")


@click.command()
@click.option("--method", type=click.Choice(METHODS), default="approle", show_default=True, help="How to log in.")
@click.option("--role-id", metavar="ID", default="", help="AppRole's role_id, no secret; else VAULT_ROLE_ID.")
@click.option("--wrapped", is_flag=True, help="Read the wrapping token of `producer handover` from standard input.")
@click.option("--mount", metavar="PATH", default="approle", show_default=True, help="Mount of the auth method.")
@click.option("--team", metavar="NAME/TEAM", default="", help="With --wrapped: take it only if made for this team.")
@click.option("--print-token", is_flag=True, help="Print the token on standard output instead of keeping it.")
@terminal.vault_options
def command(
    method: str,
    role_id: str,
    wrapped: bool,
    mount: str,
    team: str,
    print_token: bool,
    vault: terminal.VaultOptions,
) -> int:
    """Log in to Vault, and keep the token where Vault's own tools look for it.

    Secrets come from VAULT_SECRET_ID, or with --wrapped (and --method token) from standard input: never from the
    command line, which other processes can read.
    """
    from vault_aws_kit.settings import VaultSettings
    from vault_aws_kit.vault import Vault

    settings = VaultSettings.from_environment(address=vault.address, namespace=vault.namespace)
    with Vault(settings, token="") as connection:
        chosen = _token() if method == "token" else _approle(connection, role_id, mount, team, wrapped=wrapped)
        login = chosen.login(connection)
    _keep(login, print_token=print_token)
    return 0


def _approle(vault: Vault, role_id: str, mount: str, team: str, *, wrapped: bool) -> LoginMethod:
    from vault_aws_kit.auth.approle import AppRole
    from vault_aws_kit.auth.wrapping import unwrap_secret_id

    role_id = role_id or os.environ.get("VAULT_ROLE_ID", "")
    if not role_id:
        raise _nothing_given("role_id", "Set VAULT_ROLE_ID, or give --role-id: it is no secret.")
    if wrapped:
        secret_id = unwrap_secret_id(vault, _from_stdin("wrapping token"), mount=mount, role=_role_of(team))
    else:
        secret_id = os.environ.get("VAULT_SECRET_ID", "")
    if not secret_id:
        raise _nothing_given("secret_id", "Set VAULT_SECRET_ID, or use --wrapped with a token of `producer handover`.")
    return AppRole(role_id.strip(), secret_id.strip(), mount)


def _token() -> LoginMethod:
    from vault_aws_kit.auth.token import Token
    from vault_aws_kit.settings import variable

    return Token(variable(os.environ, "TOKEN") or _from_stdin("Vault token"))


def _from_stdin(what: str) -> str:
    """One line, not shown where a person types it."""
    if sys.stdin.isatty():
        given = str(click.prompt(what.capitalize(), hide_input=True, err=True))
    else:
        given = sys.stdin.readline()
    if not given.strip():
        raise _nothing_given(what, f"Give the {what} on standard input.")
    return given.strip()


def _role_of(team: str) -> str:
    from vault_aws_kit.contract import team_policy

    if not team:
        return ""
    name, slash, plain = team.partition("/")
    return team_policy(name, plain) if slash else team_policy("default", team)


def _nothing_given(what: str, hint: str) -> Exception:
    from vault_aws_kit.errors import LoginFailed

    return LoginFailed(f"No {what} to log in with.", hint=hint)


def _keep(login: Login, *, print_token: bool) -> None:
    from vault_aws_kit.settings import store_token, variable

    if print_token:
        terminal.emit(login.token)
        place = "standard output"
    else:
        place = store_token(login.token)
    terminal.say(f"Logged in as {_who(login)}, {_how_long(login)}. The token is in {place}.")
    set_one = variable(os.environ, "TOKEN")
    if not print_token and set_one and set_one != login.token:
        terminal.warn("VAULT_TOKEN is set to another token and goes before the new one: unset it.")


def _who(login: Login) -> str:
    from vault_aws_kit.contract import teams_of_policy

    teams = {pair for policy in login.policies for pair in teams_of_policy(policy)}
    named = " or ".join("/".join(pair) for pair in sorted(teams))
    policies = ", ".join(login.policies) or "none"
    return f"{'team ' + named if named else 'no team'} (policies: {policies})"


def _how_long(login: Login) -> str:
    return f"for {clock.duration(login.ttl)}" if login.ttl else "for as long as the token is not revoked"
