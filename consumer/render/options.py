"""The options of `consumer render`, in groups that reach the command as one value each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from consumer import completion
from consumer.render import asked as ask
from consumer.render.asked import Asked, VaultAsked
from vault_aws_kit import terminal

R = TypeVar("R")

AUTHS = ("token", "approle", "jwt", "oidc", "userpass", "ldap", "aws", "kubernetes", "cert", "token-file")


@dataclass(frozen=True)
class Output:
    """Which shape, and where to: `out` is None for standard output."""

    shape: str = "hcl"
    out: Path | None = None
    check: bool = False
    force: bool = False


def _each(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, Sequence[str]], tuple[Any, ...]]:
    """click's callback for an option that may be repeated, each of whose values `parse` takes or refuses."""

    def parsed(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[Any, ...]:  # noqa: ARG001
        try:
            return tuple(parse(value) for value in values)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return parsed


def _one(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str], Any]:
    """The same for an option with one value, '' where it isn't given."""

    def parsed(context: click.Context, parameter: click.Parameter, value: str) -> Any:
        return _each(parse)(context, parameter, [value])[0] if value else value

    return parsed


def _group(name: str, make: Callable[..., object], *options: Callable[[Any], Any]) -> Callable[..., Any]:
    """A decorator that adds options, and gives the command what `make` makes of their values as `name`."""
    fields = [field for option in options for field in option(lambda: None).__click_params__]

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        @wraps(command)
        def with_group(*args: Any, **kwargs: Any) -> R:
            own = {field.name: kwargs.pop(field.name) for field in fields}
            return command(*args, **{name: make(**own)}, **kwargs)

        return terminal.together(*options)(with_group)

    return decorate


asked_options = _group(
    "asked",
    Asked,
    click.option(
        "--role", "roles", metavar="[ALIAS=][ENGINE/]ROLE", multiple=True, required=True, callback=_each(ask.wanted),
        shell_complete=completion.roles,
        help="Role to render a provider for; may be repeated. The first without alias is the default one.",
    ),
    click.option(
        "--role-arn", "role_arns", metavar="[ALIAS=]ARN", multiple=True, callback=_each(ask.wanted_arn),
        help="Which AWS role, where a role has several.",
    ),
    click.option(
        "--region", "regions", metavar="[ALIAS=]REGION", multiple=True, callback=_each(ask.named),
        help="AWS region of that provider, or of every one; else each role's.",
    ),
    click.option(
        "--assume-role", "assumed", metavar="[ALIAS=]ARN[,session_name=NAME][,external_id=ID]", multiple=True,
        callback=_each(ask.wanted_assumed),
        help="AWS role that the provider assumes with its credentials; several are a chain.",
    ),
    click.option(
        "--profile", "profiles", metavar="[ALIAS=]NAME", multiple=True, callback=_each(ask.profile),
        help="AWS profile in the process mode; else the role's name.",
    ),
)  # fmt: skip

vault_asked_options = _group(
    "vault_asked",
    VaultAsked,
    click.option(
        "--auth", type=click.Choice(AUTHS), default="token", show_default=True,
        help="How Terraform's Vault provider logs in, as the catalog offers it; token is the one that is there.",
    ),
    click.option("--auth-mount", metavar="PATH", default="", help="Which login, where there are several."),
    click.option("--auth-role", metavar="NAME", default="", help="Which login, by its role in Vault."),
    click.option("--vault-address", metavar="URL", default="", callback=_one(ask.address),
                 help="Write Vault's address into the file; else VAULT_ADDR is read there."),
    click.option("--vault-namespace", metavar="NAME", default="",
                 help="Write Vault's namespace into the file; else VAULT_NAMESPACE is."),
    click.option("--vault-ca", metavar="FILE", default="",
                 help="Write the file of Vault's CA into the file; else VAULT_CACERT is."),
)  # fmt: skip


default_tags_option = click.option(
    "--default-tags", "tags", metavar="KEY=VALUE", multiple=True, callback=_each(ask.tag),
    help="Tag for whatever Terraform makes; may be repeated.",
)  # fmt: skip


def _output(output: str, out: Path | None, *, split: bool, terragrunt: bool, check: bool, force: bool) -> Output:
    shapes = [
        name for name, chosen in (("json", output == "json"), ("split", split), ("terragrunt", terragrunt)) if chosen
    ]
    if len(shapes) > 1:
        raise click.UsageError(f"One shape at a time: --{' and --'.join(shapes)} don't go together.")
    if out is None and (split or check):
        raise click.UsageError(f"--{'split' if split else 'check'} needs --out.")
    if check and force:
        raise click.UsageError("--check writes nothing, so that --force means nothing.")
    return Output((shapes or ["hcl"])[0], out, check, force)


output_options = _group(
    "output",
    _output,
    click.option("--format", "output", type=click.Choice(("hcl", "json")), default="hcl", show_default=True,
                 help="HCL, or Terraform's JSON syntax."),
    click.option("--split", is_flag=True, help="Write versions.tf, vault.tf, providers.tf … into the folder --out."),
    click.option("--terragrunt", is_flag=True, help="A Terragrunt generate block that writes the file."),
    click.option("--out", metavar="PATH", type=click.Path(path_type=Path),
                 help="Write this file, and keep what is around the rendered block; else standard output."),
    click.option("--check", is_flag=True, help="Write nothing: exit 75 where the file is not what would be rendered."),
    click.option("--force", is_flag=True, help="Give up what the file holds instead, or changes within the block."),
)  # fmt: skip
