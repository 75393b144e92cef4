"""`consumer profile`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumer import completion
from consumer.options import catalog_option, parameter_options, profile_options, team_option, wait_option
from vault_aws_kit import clock, terminal
from vault_aws_kit.contract import CATALOG_MOUNT

if TYPE_CHECKING:
    from consumer.issue import Parameters
    from consumer.profile import Profile


@click.command()
@click.argument("name", required=False)
@click.option(
    "--role",
    metavar="[ENGINE/]ROLE",
    default="",
    shell_complete=completion.roles,
    help="Role whose credentials the profile has. It also names the profile where NAME doesn't.",
)
@parameter_options
@wait_option
@profile_options
@catalog_option
@team_option
@terminal.vault_options
def command(
    name: str | None,
    role: str,
    asked: Parameters,
    wait: int,
    show: bool,
    remove: bool,
    force: bool,
    catalog_file: Path | None,
    team: str,
    vault: terminal.VaultOptions,
) -> int:
    """Write a profile into AWS's config file whose credentials come from Vault whenever they are needed."""
    from consumer import profiles

    if remove:
        if not name or role:
            raise click.UsageError("--remove takes the NAME of a profile, and no --role.")
        profiles.remove(name, force=force)
        return 0
    if not role:
        raise click.UsageError("Say of which role: --role ROLE.")
    profile = _profile(name or role.replace("/", "-"), role, asked, wait, catalog_file, team, vault)
    profiles.put(profile, show=show, force=force)
    return 0


def _profile(
    name: str,
    role: str,
    asked: Parameters,
    wait: int,
    catalog_file: Path | None,
    team: str,
    vault: terminal.VaultOptions,
) -> Profile:
    from consumer import program
    from consumer.issue import check
    from consumer.offline import access_from
    from consumer.profile import Profile, command_line
    from consumer.profiles import check_name

    check_name(name)
    access = access_from(catalog_file, vault, team)
    found = access.role(role)
    access.check_session_name(found, asked.session_name)
    check(found, asked)
    options = {
        "--role": access.name_of(found),
        "--ttl": clock.duration(asked.ttl) if asked.ttl else "",
        "--role-arn": asked.role_arn,
        "--session-name": asked.session_name,
        "--code-from": asked.codes.place,
        "--wait-for-iam": clock.duration(wait) if wait else "",
        "--region": asked.region if wait else "",  # where the key is waited for
        "--team": team,
        "--address": vault.address,
        "--namespace": vault.namespace,
        "--catalog-mount": "" if vault.catalog_mount == CATALOG_MOUNT else vault.catalog_mount,
        "--format": "credential-process",
    }
    words = [word for option, value in options.items() if value for word in (option, value)]
    alone = ["--no-prompt"] if found.mfa_serial_number else []  # what an SDK runs has nobody to ask
    return Profile(name, command_line([program.path(), "creds", *alone, *words]), asked.region or found.region)
