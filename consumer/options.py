"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from consumer import completion
from vault_aws_kit import terminal

R = TypeVar("R")


team_option = click.option(
    "--team",
    metavar="[NAME/]TEAM",
    default="",
    shell_complete=completion.teams,
    help="Only this team's roles; else all that the token's policies name.",
)
team_login_option = click.option(
    "--team",
    metavar="[NAME/]TEAM",
    default="",
    shell_complete=completion.teams,
    help="Team to log in as, where there is no token.",
)
catalog_option = click.option(
    "--catalog",
    "catalog_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of `producer export` instead of Vault, which is not asked at all.",
)
role_option = click.option(
    "--role",
    metavar="[ENGINE/]ROLE",
    required=True,
    shell_complete=completion.roles,
    help="Role to get credentials of.",
)


def seconds(context: click.Context, parameter: click.Parameter, value: str) -> int:  # noqa: ARG001 - click's callback
    """A duration as Vault writes it: 15m, 1h30m, 900."""
    from vault_aws_kit import clock

    try:
        return clock.seconds(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no duration; write 15m or 1h30m.") from None


def seconds_if_given(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """As `seconds`, None where the option isn't there."""
    return None if value is None else seconds(context, parameter, value)


no_prompt_option = click.option(
    "--no-prompt", is_flag=True, help="Ask nobody for an MFA code: fail where one is needed."
)
min_ttl_option = click.option(
    "--min-ttl",
    metavar="DURATION",
    callback=seconds_if_given,
    help="Take cached credentials only if they live so long; else 5m, or a third of their life if that is less.",
)
no_cache_option = click.option("--no-cache", is_flag=True, help="Neither take cached credentials nor keep these.")
wait_option = click.option(
    "--wait-for-iam",
    "wait",
    metavar="DURATION",
    default="0",
    callback=seconds,
    help="Wait at most so long until AWS accepts a new IAM user's key (iam_user).",
)

port_option = click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of 127.0.0.1; else one that is free."
)
token_file_option = click.option(
    "--token-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the authorization token; else a temporary file.",
)
out_option = click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write this file, for its owner's eyes only, instead of standard output.",
)
profile_options = terminal.together(
    click.option("--print", "show", is_flag=True, help="Print the profile, and write nothing."),
    click.option("--remove", is_flag=True, help="Take the profile NAME out again."),
    click.option("--force", is_flag=True, help="Replace, or remove, one that the kit did not write."),
)


def parameter_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds what can be asked of a role, as --ttl, which reaches the command as `asked: Parameters`."""

    @wraps(command)
    def with_parameters(
        *args: Any,
        ttl: int,
        role_arn: str,
        session_name: str,
        region: str,
        code_from: str,
        no_prompt: bool,
        **kwargs: Any,
    ) -> R:
        from consumer.codes.choice import Wanted
        from consumer.issue import Parameters

        codes = Wanted(place=code_from, prompt=not no_prompt, say=terminal.say)
        return command(*args, asked=Parameters(ttl, role_arn, session_name, region, codes), **kwargs)

    return terminal.together(
        click.option(
            "--ttl", metavar="DURATION", default="0", callback=seconds, help="How long, 15m or more (STS types)."
        ),
        click.option("--role-arn", metavar="ARN", default="", help="Which AWS role, where the role has several."),
        click.option("--session-name", metavar="NAME", default="", help="Session's name in AWS's logs (assumed_role)."),
        click.option("--region", metavar="REGION", default="", help="AWS region; else the role's."),
        terminal.code_from_option("Where Vault gives the MFA codes, for a role that wants one: vault:totp/code/NAME."),
        no_prompt_option,
    )(with_parameters)  # fmt: skip
