"""`consumer mfa profile`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from consumer.commands.mfa.options import session_options
from consumer.options import profile_options

if TYPE_CHECKING:
    from consumer.mfa.asked import Asked
    from consumer.profile import Profile


@click.command()
@click.argument("name", default="mfa")
@session_options
@profile_options
def command(name: str, asked: Asked, show: bool, remove: bool, force: bool) -> int:
    """Write a profile into AWS's config file that has the session of `consumer mfa login`.

    With --code-from it gets one by itself; else somebody must have logged in.
    """
    from consumer import profiles

    if remove:
        profiles.remove(name, force=force)
        return 0
    profiles.check_name(name)
    profiles.put(_profile(name, asked), show=show, force=force)
    return 0


def _profile(name: str, asked: Asked) -> Profile:
    """The key's own profile is always named: else it would be the new one, where AWS_PROFILE says so."""
    from consumer import program
    from consumer.mfa import key
    from consumer.profile import Profile, command_line
    from vault_aws_kit import clock

    base = asked.profile or os.environ.get("AWS_PROFILE") or key.DEFAULT
    if base == name:
        raise click.BadParameter(f"{name!r} is where the key is: give the new profile another NAME.")
    found = key.find(os.environ, base)
    options = {
        "--profile": base,
        "--serial": asked.serial,
        "--duration": clock.duration(asked.duration) if asked.duration else "",
        "--code-from": asked.code_from,
        "--team": asked.team,
        "--address": asked.address,
        "--namespace": asked.namespace,
        "--format": "credential-process",
    }
    words = [word for option, value in options.items() if value for word in (option, value)]
    process = command_line([program.path(), "mfa", "login", "--no-prompt", *words])
    return Profile(name, process, asked.region or found.region)
