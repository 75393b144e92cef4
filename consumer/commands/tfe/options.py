"""Options that the commands of `consumer tfe` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from vault_aws_kit.tfe.client import Tfe

R = TypeVar("R")


def server_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds --host and --ca-bundle, which reach the command as `server: Callable[[], Tfe]`, which connects."""

    def with_server(*args: Any, host: str, ca_bundle: str, **kwargs: Any) -> R:
        def server() -> Tfe:
            from vault_aws_kit.tfe.client import connect

            return connect(host, ca_bundle)

        return command(*args, server=server, **kwargs)

    return _decorated(
        with_server,
        command,
        click.option("--ca-bundle", metavar="FILE", default="", help="CA to trust; else TFE_CA_BUNDLE, SSL_CERT_FILE."),
        click.option("--host", metavar="HOST", default="",
                     help="Terraform Enterprise; else TFE_ADDRESS, TFE_HOSTNAME, TF_CLOUD_HOSTNAME, app.terraform.io."),
    )  # fmt: skip


def target_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds ORG [WORKSPACE…], --tag, --project and --varset, which reach the command as `targets: Targets`."""

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

    return _decorated(
        with_targets,
        command,
        click.option("--varset", metavar="NAME", default="", help="A variable set, attached to them, instead."),
        click.option("--project", "projects", metavar="NAME", multiple=True, help="All workspaces of this project."),
        click.option("--tag", "tags", metavar="TAG|KEY=VALUE", multiple=True,
                     help="All workspaces that have this tag, and the others given."),
        click.argument("workspaces", metavar="[WORKSPACE]…", nargs=-1),
        click.argument("organization", metavar="ORG"),
    )  # fmt: skip


def _decorated(
    wrapper: Callable[..., R], command: Callable[..., R], *options: Callable[[Callable[..., R]], Callable[..., R]]
) -> Callable[..., R]:
    wrapper.__doc__ = command.__doc__
    wrapper.__name__ = command.__name__
    wrapper.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    for option in options:
        option(wrapper)
    return wrapper
