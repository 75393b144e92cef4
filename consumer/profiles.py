"""Putting a profile into AWS's config file, and taking it out again, as the commands do."""

from __future__ import annotations

import click

from consumer import aws_config
from consumer.profile import NAME, Profile, with_profile, without_profile
from vault_aws_kit import terminal


def check_name(name: str) -> None:
    """Raises click.BadParameter."""
    if not NAME.fullmatch(name):
        raise click.BadParameter(f"{name!r} is no name for a profile: letters, digits and _.+=,@- are.")


def put(profile: Profile, *, show: bool, force: bool) -> None:
    """Write it, or print it alone. Raises ProfileTaken, ProfileImpossible, OutputNotWritable."""
    if show:
        terminal.emit("\n".join(profile.lines))
        return
    file = aws_config.config_file()
    done = aws_config.change(file, lambda text: with_profile(text, profile, force=force))
    terminal.say(f"Wrote profile {profile.name} to {file}." if done else f"Profile {profile.name} is unchanged.")
    if hiding := aws_config.has_keys(profile.name):
        terminal.warn(f"{hiding} has keys of a profile {profile.name} too, and the SDKs take those first.")


def remove(name: str, *, force: bool) -> None:
    """One that isn't there is fine. Raises ProfileTaken, ProfileImpossible, OutputNotWritable."""
    file = aws_config.config_file()
    done = file.exists() and aws_config.change(file, lambda text: without_profile(text, name, force=force))
    terminal.say(f"Removed profile {name} from {file}." if done else f"{file} has no profile {name}.")
