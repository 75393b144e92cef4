"""`consumer profile`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumer import completion
from consumer.options import catalog_option, parameter_options, team_option, wait_option
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
@click.option("--print", "show", is_flag=True, help="Print the profile, and write nothing.")
@click.option("--remove", is_flag=True, help="Take the profile NAME out again.")
@click.option("--force", is_flag=True, help="Replace, or remove, one that the kit did not write.")
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
    if remove:
        if not name or role:
            raise click.UsageError("--remove takes the NAME of a profile, and no --role.")
        return _remove(name, force=force)
    if not role:
        raise click.UsageError("Say of which role: --role ROLE.")
    profile = _profile(name or role.replace("/", "-"), role, asked, wait, catalog_file, team, vault)
    if show:
        terminal.emit("\n".join(profile.lines))
        return 0
    return _write(profile, force=force)


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
    from consumer.profile import NAME, Profile, command_line

    if not NAME.fullmatch(name):
        raise click.BadParameter(f"{name!r} is no name for a profile: letters, digits and _.+=,@- are.")
    access = access_from(catalog_file, vault, team)
    found = access.role(role)
    access.check_session_name(found, asked.session_name)
    check(found, asked)
    options = {
        "--role": access.name_of(found),
        "--ttl": clock.duration(asked.ttl) if asked.ttl else "",
        "--role-arn": asked.role_arn,
        "--session-name": asked.session_name,
        "--wait-for-iam": clock.duration(wait) if wait else "",
        "--region": asked.region if wait else "",  # where the key is waited for
        "--team": team,
        "--address": vault.address,
        "--namespace": vault.namespace,
        "--catalog-mount": "" if vault.catalog_mount == CATALOG_MOUNT else vault.catalog_mount,
        "--format": "credential-process",
    }
    words = [word for option, value in options.items() if value for word in (option, value)]
    return Profile(name, command_line([program.path(), "creds", *words]), asked.region or found.region)


def _write(profile: Profile, *, force: bool) -> int:
    from consumer import aws_config
    from consumer.profile import with_profile

    file = aws_config.config_file()
    done = aws_config.change(file, lambda text: with_profile(text, profile, force=force))
    terminal.say(f"Wrote profile {profile.name} to {file}." if done else f"Profile {profile.name} is unchanged.")
    if hiding := aws_config.has_keys(profile.name):
        terminal.warn(f"{hiding} has keys of a profile {profile.name} too, and the SDKs take those first.")
    return 0


def _remove(name: str, *, force: bool) -> int:
    from consumer import aws_config
    from consumer.profile import without_profile

    file = aws_config.config_file()
    done = file.exists() and aws_config.change(file, lambda text: without_profile(text, name, force=force))
    terminal.say(f"Removed profile {name} from {file}." if done else f"{file} has no profile {name}.")
    return 0
