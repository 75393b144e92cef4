"""Options that all of `consumer mfa` shares."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from consumer.mfa.asked import Asked
from consumer.options import no_prompt_option, seconds, team_login_option
from vault_aws_kit import terminal

R = TypeVar("R")


def _duration(context: click.Context, parameter: click.Parameter, value: str) -> int:
    found = seconds(context, parameter, value)
    if not found:
        return 0
    from vault_aws_kit.mfa import LONGEST, SHORTEST

    if not SHORTEST <= found <= LONGEST:
        raise click.BadParameter(f"AWS gives a session of 15m to 36h, not of {value}.")
    return found


def _serial(_: click.Context, __: click.Parameter, value: str) -> str:
    from vault_aws_kit.mfa import SERIAL

    if value and not SERIAL.fullmatch(value):
        raise click.BadParameter(f"{value[:300]!r} is no MFA device's serial number: its ARN, as a rule.")
    return value


def session_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds what says whose session, by which device and for how long: it reaches the command as `asked: Asked`."""

    @wraps(command)
    def with_session(*args: Any, **given: Any) -> R:
        asked = Asked(**{name: given.pop(name) for name in Asked.__dataclass_fields__})
        return command(*args, asked=asked, **given)

    return terminal.together(
        click.option("--profile", metavar="NAME", default="", help="AWS profile of the long-lived key."),
        click.option("--serial", metavar="ARN", default="", callback=_serial,
                     help="MFA device; else mfa_serial, or the only one."),
        click.option("--duration", metavar="DURATION", default="0", callback=_duration,
                     help="How long the session lives, 15m to 36h; else 12h, and 1h for a root user."),
        click.option("--region", metavar="REGION", default="", help="AWS region; else the key's."),
        terminal.code_from_option("Where Vault gives the MFA codes: vault:totp/code/NAME. Else you are asked for one."),
        no_prompt_option,
        team_login_option,
        terminal.server_options,
    )(with_session)  # fmt: skip
