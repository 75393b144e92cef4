"""Options that several of the producer's commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from producer import completion
from vault_aws_kit import terminal

R = TypeVar("R")

spec_option = click.option(
    "--spec",
    "spec_file",
    type=click.Path(path_type=Path),
    default=Path("vault-aws.yaml"),
    show_default=True,
    help="The spec.",
)

templates_option = click.option(
    "--templates",
    "templates",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    multiple=True,
    help="A folder of templates that is searched before the kit's own; may be repeated.",
)


def _seconds(ctx: click.Context, param: click.Parameter, value: str) -> int:
    from vault_aws_kit import clock

    try:
        return clock.seconds(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no duration: write 30s, 15m, 1h30m or 90d.", ctx, param) from None


def duration_option(
    name: str,
    *,
    default: str,
    help: str,  # noqa: A002
    least: int = 0,
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """An option that takes a duration, and gives seconds: `least` or more."""

    def checked(ctx: click.Context, param: click.Parameter, value: str) -> int:
        given = _seconds(ctx, param, value)
        if given < least:
            raise click.BadParameter(f"{value!r} is too short: {least}s is the least.", ctx, param)
        return given

    return click.option(name, callback=checked, metavar="DURATION", default=default, show_default=True, help=help)


def mount_path(ctx: click.Context, param: click.Parameter, given: str) -> str:
    """Where something is mounted in Vault, without slashes around it."""
    from vault_aws_kit.contract import is_mount_path

    path = given.strip("/")
    if not is_mount_path(path):
        raise click.BadParameter(f"{given!r} is no path of a mount.", ctx, param)
    return path


def prune_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds --prune, --max-deletes and --revoke-leases, which reach the command as `prune: Prune | None`."""

    @wraps(command)
    def with_prune(*args: Any, prune: bool, max_deletes: int, revoke_leases: bool, **kwargs: Any) -> R:
        from producer.prune import Prune

        return command(*args, prune=Prune(max_deletes, revoke_leases) if prune else None, **kwargs)

    return terminal.together(
        click.option("--prune", is_flag=True, help="Delete what was made from this spec and is no longer in it."),
        click.option(
            "--max-deletes",
            type=click.IntRange(min=0),
            default=10,
            show_default=True,
            help="With --prune: refuse to delete more than this.",
        ),
        click.option("--revoke-leases", is_flag=True, help="With --prune: end what deleted roles have issued."),
    )(with_prune)


only_plan_options = terminal.together(
    click.option("--plan", "only_plan", is_flag=True, help="Show what would change, and change nothing."),
    click.option(
        "--detailed-exitcode", is_flag=True, help="With --plan: exit 2 when there are changes, as Terraform does."
    ),
)

take_over_option = click.option(
    "--take-over", is_flag=True, help="Replace objects in Vault that differ and were not made from this spec."
)

spec_name_option = click.option(
    "--name", "spec_name", metavar="NAME", default="", help="The spec's name, where its file isn't at hand."
)


def name_of_spec(given: str, spec_file: Path, templates: Sequence[Path]) -> str:
    """The name of the spec that is meant, without reading its file where the name is given."""
    from producer.spec import load_spec

    return given or load_spec(spec_file, templates).name


def target_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds --role, --team and --all, of which exactly one reaches the command as `target: Target`."""

    @wraps(command)
    def with_target(*args: Any, role: str, team: str, everything: bool, **kwargs: Any) -> R:
        from producer.incident.revoke import Target

        given = [Target("role", role)] * bool(role) + [Target("team", team)] * bool(team) + [Target("all")] * everything
        if len(given) != 1:
            raise click.UsageError("Say what: exactly one of --role ROLE, --team TEAM and --all.")
        return command(*args, target=given[0], **kwargs)

    return terminal.together(
        click.option(
            "--role",
            metavar="ROLE",
            default="",
            shell_complete=completion.roles,
            help="One role, for all of its teams: NAME or ENGINE/NAME.",
        ),
        click.option("--team", metavar="TEAM", default="", shell_complete=completion.teams, help="One team."),
        click.option("--all", "everything", is_flag=True, help="Every role of the spec."),
    )(with_target)


profile_option = click.option("--profile", metavar="NAME", default="", help="An AWS profile; else as boto3 finds it.")
