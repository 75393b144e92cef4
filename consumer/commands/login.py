"""`consumer login`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumer.logins.target import METHODS
from vault_aws_kit import clock, terminal

if TYPE_CHECKING:
    from vault_aws_kit.auth.interface import Login


@click.command()
@click.option("--method", type=click.Choice(METHODS), help="How to log in; else by what is here to log in with.")
@click.option(
    "--role", metavar="ROLE", default="", help="Role of the auth method; else VAULT_AUTH_ROLE, or the team's."
)
@click.option(
    "--mount", metavar="PATH", default="", help="Mount of the auth method; else VAULT_AUTH_PATH, or its name."
)
@click.option(
    "--team", metavar="[NAME/]TEAM", default="", help="Log in with this team's role, and no other's secret_id."
)
@click.option("--role-id", metavar="ID", default="", help="AppRole's role_id, no secret; else VAULT_ROLE_ID.")
@click.option("--wrapped", is_flag=True, help="Read the wrapping token of `producer handover` from standard input.")
@click.option(
    "--token-file", metavar="FILE", type=click.Path(path_type=Path), help="File of the token (jwt, kubernetes)."
)
@click.option("--audience", metavar="TEXT", default="", help="What GitHub's ID token shall be for (jwt).")
@click.option("--username", metavar="NAME", default="", help="Who logs in (userpass, ldap); else your login name.")
@click.option("--server-id", metavar="TEXT", default="", help="Vault's iam_server_id_header_value (aws).")
@click.option("--sts-region", metavar="REGION", default="", help="Region of the STS that Vault asks (aws).")
@click.option("--callback-port", metavar="PORT", default=0, type=click.IntRange(0, 65535),
              help="Where the browser comes back to (oidc); default: 8250, as for Vault's own tools.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Only print the URL, open no browser (oidc).")
@click.option("--print-token", is_flag=True, help="Print the token on standard output instead of keeping it.")
@terminal.vault_options
def command(
    method: str | None,
    role: str,
    mount: str,
    team: str,
    print_token: bool,
    vault: terminal.VaultOptions,
    **given: Any,
) -> int:
    """Log in to Vault, and keep the token where Vault's own tools look for it.

    Secrets come from the environment, a file or standard input: never from the command line, which other processes
    can read.
    """
    from consumer.logins import asked, target
    from vault_aws_kit.settings import VaultSettings
    from vault_aws_kit.vault import Vault

    options = asked.Options(team=team, **given)
    given_target = target.Target(method or "", mount, role or target.role_of(team), options.audience)
    aim = target.find(os.environ, given_target)
    settings = VaultSettings.from_environment(address=vault.address, namespace=vault.namespace)
    with Vault(settings, token="") as connection:
        way = asked.way(connection, aim, options)
        terminal.say(f"Method {way.name}: {way.why}.")
        login = way.method(aim).login(connection)
    _keep(login, print_token=print_token)
    return 0


def _keep(login: Login, *, print_token: bool) -> None:
    from consumer.logins.masking import mask
    from vault_aws_kit.settings import store_token, variable

    mask(login.token)
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
