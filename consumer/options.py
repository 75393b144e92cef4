"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from consumer import completion

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


def parameter_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds --ttl, --role-arn, --session-name and --region, which reach the command as `asked: Parameters`."""

    def with_parameters(*args: Any, ttl: int, role_arn: str, session_name: str, region: str, **kwargs: Any) -> R:
        from consumer.issue import Parameters

        return command(*args, asked=Parameters(ttl, role_arn, session_name, region), **kwargs)

    with_parameters.__doc__ = command.__doc__
    with_parameters.__name__ = command.__name__
    with_parameters.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    for option in (
        click.option("--region", metavar="REGION", default="", help="AWS region; else the role's."),
        click.option("--session-name", metavar="NAME", default="", help="Session's name in AWS's logs (assumed_role)."),
        click.option("--role-arn", metavar="ARN", default="", help="Which AWS role, where the role has several."),
        click.option(
            "--ttl", metavar="DURATION", default="0", callback=seconds, help="How long, 15m or more (STS types)."
        ),
    ):
        option(with_parameters)
    return with_parameters
