"""`consumer render`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumer import completion
from consumer.options import catalog_option, team_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.render import Block, Mode
    from consumer.render.blocks import Wanted, WantedArn
    from consumer.terraform import Folder

AUTO = "auto"
MODES = (AUTO, "ephemeral", "data-source")


@click.command()
@click.option(
    "--role",
    "roles",
    metavar="[ALIAS=][ENGINE/]ROLE",
    multiple=True,
    required=True,
    shell_complete=completion.roles,
    help="Role to render a provider for; may be repeated. The first without alias is the default one.",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default=AUTO,
    show_default=True,
    help="How Terraform gets the credentials; auto goes by the versions found.",
)
@click.option("--region", metavar="REGION", default="", help="AWS region of every provider; else each role's.")
@click.option(
    "--role-arn", "role_arns", metavar="[ALIAS=]ARN", multiple=True, help="Which AWS role, where a role has several."
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write this file instead of standard output.",
)
@click.option("--force", is_flag=True, help="Replace the file where it holds something else.")
@click.option(
    "--templates",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="Templates that go before the kit's own.",
)
@catalog_option
@team_option
@terminal.vault_options
def command(
    roles: Sequence[str],
    mode: str,
    region: str,
    role_arns: Sequence[str],
    out: Path | None,
    force: bool,
    templates: Sequence[Path],
    catalog_file: Path | None,
    team: str,
    vault: terminal.VaultOptions,
) -> int:  # fmt: skip
    """Print a provider.tf whose AWS providers get their credentials from Vault."""
    from consumer.offline import access_from
    from consumer.render.blocks import blocks_for
    from consumer.terraform import look_at

    wanted, arns = [_wanted(text) for text in roles], [_wanted_arn(text) for text in role_arns]
    access = access_from(catalog_file, vault, team)
    blocks = blocks_for(access, wanted, arns, region)
    folder = look_at(out.parent if out else Path(), without=out or Path("provider.tf"))
    chosen = _mode(mode, folder)
    text = chosen.text(blocks, pins=not folder.requirements, folders=templates)
    _warn(chosen, blocks, folder)
    _put(text, out, force=force)
    return 0


def _wanted(text: str) -> Wanted:
    from consumer.render.blocks import IDENTIFIER, Wanted

    alias, equals, role = text.rpartition("=")
    if equals and not IDENTIFIER.fullmatch(alias):
        raise click.BadParameter(f"{alias!r} is no alias that Terraform takes: letters, digits, _ and -.")
    return Wanted(role, alias if equals else None)


def _wanted_arn(text: str) -> WantedArn:
    from consumer.render.blocks import WantedArn

    alias, equals, arn = text.partition("=")
    return WantedArn(text) if text.startswith("arn:") or not equals else WantedArn(arn, alias)


def _mode(name: str, folder: Folder) -> Mode:
    """The mode that was asked for, or the best one here, and why."""
    from consumer.render import MODES as AVAILABLE
    from consumer.render.choice import check_ephemeral, choose
    from consumer.terraform import installed

    if name == AUTO:
        choice = choose(folder, installed)
        terminal.say(f"Mode {choice.mode}: {choice.why}.")
        name = choice.mode
    elif name == "ephemeral":
        check_ephemeral(folder, installed())
    return AVAILABLE[name]


def _warn(mode: Mode, blocks: Sequence[Block], folder: Folder) -> None:
    for warning in mode.warnings(blocks):
        terminal.warn(warning)
    for name in folder.unreadable:
        terminal.warn(f"{name} can't be read as HCL: what it says of providers was not looked at.")
    if folder.requirements:
        terminal.warn(
            f"{folder.requirements} has required_providers already, and Terraform allows only one: add "
            f'hashicorp/vault ">= {mode.vault_provider}" and hashicorp/aws there.'
        )
    ours = [("vault", ""), *(("aws", block.alias) for block in blocks)]
    for taken in (one for one in ours if one in folder.providers):
        name = ".".join(filter(None, taken))
        terminal.warn(f"{folder.providers[taken]} configures the provider {name} too: remove one of the two.")


def _put(text: str, out: Path | None, *, force: bool) -> None:
    from consumer.output import write

    if out is None:
        terminal.emit(text)
    elif write(out, text, force=force):
        terminal.say(f"Wrote {out}.")
    else:
        terminal.say(f"{out} is unchanged.")
