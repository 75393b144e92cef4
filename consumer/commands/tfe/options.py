"""Options that the commands of `consumer tfe` share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vault_aws_kit import terminal
from vault_aws_kit.tfe.options import host_options

if TYPE_CHECKING:
    from vault_aws_kit.tfe.client import Tfe

R = TypeVar("R")


def server_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds --host and --ca-bundle, which reach the command as `server: Callable[[], Tfe]`, which connects."""

    @wraps(command)
    def with_server(*args: Any, host: str, ca_bundle: str, **kwargs: Any) -> R:
        def server() -> Tfe:
            from vault_aws_kit.tfe.client import connect

            return connect(host, ca_bundle)

        return command(*args, server=server, **kwargs)

    return host_options(with_server)


def target_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds ORG [WORKSPACE…], --tag, --project and --varset, which reach the command as `targets: Targets`."""

    @wraps(command)
    def with_targets(
        *args: Any,
        organization: str,
        workspaces: tuple[str, ...],
        tags: tuple[str, ...],
        projects: tuple[str, ...],
        varset: str,
        **kwargs: Any,
    ) -> R:
        from consumer.tfe.targets import Targets

        targets = Targets(organization, workspaces, tags, projects, varset)
        if targets.empty and not varset:
            raise click.UsageError("Name a WORKSPACE, or give --tag, --project or --varset.")
        return command(*args, targets=targets, **kwargs)

    return terminal.together(
        click.argument("organization", metavar="ORG"),
        click.argument("workspaces", metavar="[WORKSPACE]…", nargs=-1),
        click.option("--tag", "tags", metavar="TAG|KEY=VALUE", multiple=True,
                     help="All workspaces that have this tag, and the others given."),
        click.option("--project", "projects", metavar="NAME", multiple=True, help="All workspaces of this project."),
        click.option("--varset", metavar="NAME", default="", help="A variable set, attached to them, instead."),
    )(with_targets)  # fmt: skip
