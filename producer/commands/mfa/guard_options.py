"""Options that the verbs of a guard share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

R = TypeVar("R")
GROUP = "RequireMFA"


def iam_name(ctx: click.Context, param: click.Parameter, given: str) -> str:
    """A user's or a group's name, or '' where none was given."""
    import re

    if given and not re.fullmatch(r"[\w+=,.@-]{1,128}", given, re.ASCII):
        raise click.BadParameter(f"{given!r} is no name in IAM: letters, digits and +=,.@_- only.", ctx, param)
    return given


def _services(ctx: click.Context, param: click.Parameter, given: str) -> tuple[str, ...]:
    """Services that have something to guard, as IAM calls them, each once."""
    from producer.mfa_guard import actions

    found = tuple(dict.fromkeys(one.strip().lower() for one in given.split(",") if one.strip()))
    for one in found:
        if not actions.known(one):
            near = actions.like(one)
            meant = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.BadParameter(f"IAM knows no service {one!r}.{meant}", ctx, param)
        if not actions.writes(one):
            raise click.BadParameter(
                f"service {one!r} has no action that writes: there is nothing to guard.", ctx, param
            )
    return found


def _users(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Each once. An empty name is a variable that was not set: nobody shall take that for a user who is guarded."""
    if "" in given:
        raise click.BadParameter("'' is no user's name.", ctx, param)
    return tuple(dict.fromkeys(iam_name(ctx, param, one) for one in given))


users_argument = click.argument("users", metavar="USER…", nargs=-1, required=True, callback=_users)

group_option = click.option(
    "--group", metavar="NAME", default=GROUP, show_default=True, callback=iam_name, help="The guard's group."
)


def services_option(*, default: str, help: str) -> Callable[[Callable[..., R]], Callable[..., R]]:  # noqa: A002
    """Adds --services, which reaches the command as a tuple of IAM's service prefixes."""
    return click.option(
        "--services", metavar="A,B", default=default, show_default=bool(default), callback=_services, help=help
    )
