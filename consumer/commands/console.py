"""`consumer console`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from consumer import session
from consumer.options import parameter_options, role_option, seconds, team_option
from vault_aws_kit import clock, terminal

if TYPE_CHECKING:
    from consumer.console import Hosts
    from consumer.issue import Parameters


@click.command()
@role_option
@click.option("--service", metavar="NAME", default="", help="Page to land on: a service's, as ec2 or s3.")
@click.option(
    "--destination", "page", metavar="URL", default="", help="Page to land on: its URL, or path in the console."
)
@click.option(
    "--session-duration",
    metavar="DURATION",
    default="0",
    callback=seconds,
    help="How long the console stays signed in, 15m to 12h (assumed_role); else as long as the credentials.",
)
@click.option("--open", "in_browser", is_flag=True, help="Open the URL in a browser instead of printing it.")
@parameter_options
@team_option
@terminal.vault_options
def command(
    role: str,
    service: str,
    page: str,
    session_duration: int,
    in_browser: bool,
    asked: Parameters,
    team: str,
    vault: terminal.VaultOptions,
) -> int:
    """Print a URL that is signed in to AWS's console with fresh credentials of a role.

    Whoever has the URL is signed in: it works for 15 minutes.
    """
    from consumer import console
    from consumer.issue import issue
    from consumer.roles import find_access

    with session.connect(vault, team) as connection:
        access = find_access(connection, vault.catalog_mount, team)
        found = access.role(role)
        access.check_session_name(found, asked.session_name)
        console.check(found, session_duration)
        region = asked.region or found.region
        hosts = console.hosts_of(found, region)
        target = _target(hosts, region, service, page)
        credentials = issue(connection, access.token, found, asked)
    url = console.signed_in(credentials, hosts, target, session_duration)
    _hand_over(url, in_browser=in_browser)
    ends = clock.timestamp(credentials.expires) if credentials.expires else "an end that is not known"
    lasts = f"for {clock.duration(session_duration)}" if session_duration else f"until {ends}"
    terminal.say(f"The URL works for {clock.duration(console.OPEN_WITHIN)}, and the console stays signed in {lasts}.")
    return 0


def _target(hosts: Hosts, region: str, service: str, page: str) -> str:
    from consumer import console

    if service and page:
        raise click.UsageError("Give one of --service and --destination.")
    if service and not console.SERVICE.fullmatch(service):
        raise click.BadParameter(f"{service!r} is no service: write ec2, s3 or the like.")
    try:
        return console.destination(hosts, region, service=service, page=page)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None


def _hand_over(url: str, *, in_browser: bool) -> None:
    from consumer.browser import open_privately

    if not in_browser:
        terminal.emit(url)
    elif not open_privately(url):
        terminal.warn("there is no browser to open it in, so here it is:")
        terminal.emit(url)
