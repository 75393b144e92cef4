"""Options that the verbs of `producer tfe` share, and those that belong together."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from producer import completion
from producer.options import duration_option, mount_path, only_plan_options, spec_option, templates_option
from vault_aws_kit import terminal
from vault_aws_kit.tfe.options import host_options

if TYPE_CHECKING:
    from producer.connect.asked import Named

R = TypeVar("R")
_ROLE = "[ALIAS=][ENGINE/]ROLE"
CERTIFICATE = click.Path(path_type=Path, exists=True, dir_okay=False)


def _names(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[Named, ...]:
    from producer.connect.asked import named

    try:
        return tuple(map(named, given))
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def _address(ctx: click.Context, param: click.Parameter, given: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(given)
    if given and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password):
        raise click.BadParameter("It is a URL such as https://vault.example.com:8200.", ctx, param)
    return given.rstrip("/")


def _text(ctx: click.Context, param: click.Parameter, given: str) -> str:
    if not (given.strip() and given.isprintable()):
        raise click.BadParameter(f"{given!r} can't be it.", ctx, param)
    return given


def where_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds ORG, WORKSPACE…, --project, --varset, --host and --ca-bundle, which reach the command as `where: Where`."""

    @wraps(command)
    def with_where(
        *args: Any, organization: str, workspaces: tuple[str, ...], project: str, varset: str, host: str,
        ca_bundle: str, **kwargs: Any,
    ) -> R:  # fmt: skip
        from producer.connect.asked import Where

        if not workspaces and not project:
            raise click.UsageError("Say which: WORKSPACE…, or --project PROJECT for all of a project's.")
        where = Where(organization, tuple(dict.fromkeys(workspaces)), project, varset, host, ca_bundle)
        return command(*args, where=where, **kwargs)

    return terminal.together(
        click.argument("organization", metavar="ORG"),
        click.argument("workspaces", metavar="[WORKSPACE]…", nargs=-1),
        click.option("--project", metavar="PROJECT", default="", help="Their project; alone, all of its workspaces."),
        click.option("--varset", metavar="NAME", default="", help="One variable set for all of them."),
        host_options,
    )(with_where)  # fmt: skip


def access_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds --team, --role, --plan-role, --apply-role and --role-arn, which reach the command as `asked: Asked`."""

    @wraps(command)
    def with_asked(
        *args: Any, team: str, roles: tuple[Named, ...], plan_roles: tuple[Named, ...],
        apply_roles: tuple[Named, ...], arns: tuple[Named, ...], **kwargs: Any,
    ) -> R:  # fmt: skip
        from producer.connect.asked import Asked

        return command(*args, asked=Asked(team, roles, plan_roles, apply_roles, arns), **kwargs)

    def roles(name: str, target: str, told: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
        return click.option(name, target, metavar=_ROLE, multiple=True, callback=_names,
                            shell_complete=completion.roles, help=told)  # fmt: skip

    return terminal.together(
        click.option("--team", metavar="TEAM", default="", shell_complete=completion.teams,
                     help="Whose roles; needed where there are several teams."),
        roles("--role", "roles", "What a provider gets, named as in `consumer render`; may be repeated."),
        roles("--plan-role", "plan_roles", "What it gets while Terraform plans."),
        roles("--apply-role", "apply_roles", "What it gets while Terraform applies."),
        click.option("--role-arn", "arns", metavar="[ALIAS=]ARN", multiple=True, callback=_names,
                     help="Which AWS role, for a role with several."),
    )(with_asked)  # fmt: skip


def login_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds how runs log in: --jwt-mount, --audience and --token-ttl, which reach the command as `like: Connection`."""

    @wraps(command)
    def with_like(*args: Any, jwt_mount: str, audience: str, token_ttl: int, **kwargs: Any) -> R:
        from producer.connect.connection import Connection

        like = Connection("", "", (), mount=jwt_mount, audience=audience, token_ttl=token_ttl)
        return command(*args, like=like, **kwargs)

    return terminal.together(
        click.option("--jwt-mount", metavar="PATH", default="jwt-tfc", show_default=True, callback=mount_path,
                     help="Vault's JWT auth method for this host; made if it isn't there."),
        click.option("--audience", metavar="TEXT", default="vault.workload.identity", show_default=True,
                     callback=_text, help="Whom the runs' tokens are for."),
        duration_option("--token-ttl", default="20m", least=60, help="How long their tokens live unless renewed."),
    )(with_like)  # fmt: skip


vault_seen_options = terminal.together(
    click.option("--vault-address", metavar="URL", default="", callback=_address,
                 help="Vault as the runs see it; else as it is seen here."),
    click.option("--vault-ca", type=CERTIFICATE, help="Vault's CA, for the runs; else VAULT_CACERT."),
    click.option("--discovery-ca", type=CERTIFICATE, help="The host's CA, for Vault, where it's a private one."),
)  # fmt: skip
"""--vault-address, --vault-ca and --discovery-ca: how the runs and Vault see each other."""


run_options = terminal.together(
    only_plan_options,
    spec_option,
    templates_option,
    terminal.yes_option,
    terminal.vault_options,
)
"""The spec, --plan, --detailed-exitcode, --yes, and where Vault is."""
