"""`consumer render`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumer.options import catalog_option, team_option, wait_option
from consumer.render.options import asked_options, default_tags_option, output_options, vault_asked_options
from vault_aws_kit import terminal
from vault_aws_kit.contract import CATALOG_MOUNT

if TYPE_CHECKING:
    from consumer.render.asked import Asked, VaultAsked
    from consumer.render.options import Output
    from consumer.render.place import Place

MODES = ("auto", "ephemeral", "data-source", "process", "env", "hcp")
PIPELINES = ("github", "gitlab", "jenkins")


@click.command()
@asked_options
@click.option(
    "--mode",
    "mode_name",
    type=click.Choice(MODES),
    default="auto",
    show_default=True,
    help="How Terraform gets the credentials; auto goes by the versions found.",
)
@default_tags_option
@vault_asked_options
@click.option(
    "--aws-config",
    "config_files",
    metavar="FILE",
    multiple=True,
    help="AWS's configuration file in the process mode; else the usual one.",
)
@click.option("--pins/--no-pins", default=None, help="Write required_providers; else only where the folder has none.")
@wait_option
@click.option("--ci", type=click.Choice(PIPELINES), help="Render a CI's pipeline file instead, in that mode.")
@output_options
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
    asked: Asked,
    mode_name: str,
    tags: tuple[tuple[str, str], ...],
    vault_asked: VaultAsked,
    config_files: tuple[str, ...],
    pins: bool | None,
    wait: int,
    ci: str | None,
    output: Output,
    templates: Sequence[Path],
    catalog_file: Path | None,
    team: str,
    vault: terminal.VaultOptions,
) -> int:  # fmt: skip
    """Print a provider.tf whose AWS providers get their credentials from Vault."""
    if ci and output.shape != "hcl":
        raise click.UsageError(
            "--ci renders a pipeline: --split, --terragrunt and --format json are for Terraform's files."
        )
    from consumer.offline import access_from
    from consumer.render import ci as pipelines
    from consumer.render.composing import chosen_mode, compose, warnings
    from consumer.render.place import Place
    from consumer.render.shapes import SHAPES
    from consumer.terraform import look_at

    access = access_from(catalog_file, vault, team)
    pipeline = pipelines.PIPELINES[ci] if ci else None
    kind = pipeline or SHAPES[output.shape]
    place = Place.of(kind, output.out)
    folder = look_at(Path() if pipeline else place.folder, instead={} if pipeline else place.around())
    mode, why = chosen_mode(mode_name, folder)
    if why:
        terminal.say(f"Mode {mode.name}: {why}.")
    written = not folder.requirements if pins is None else pins
    snippet = compose(
        access, mode, asked, vault_asked,
        pipeline=bool(ci), pins=written, tags=tags, config_files=config_files, consumer=_same(vault, team), wait=wait,
    )  # fmt: skip
    files = kind.files(mode, snippet, templates)
    if pipeline and snippet.vault.login:
        terminal.say(pipeline.secrets(snippet.vault.login))
    for warning in () if pipeline else warnings(mode, snippet, folder):
        terminal.warn(warning)
    _put(files, place, output)
    return 0


def _same(vault: terminal.VaultOptions, team: str) -> tuple[str, ...]:
    """The options by which the commands in the file find what this one found."""
    catalog = ("--catalog-mount", vault.catalog_mount) if vault.catalog_mount != CATALOG_MOUNT else ()
    return (*catalog, *(("--team", team) if team else ()))


def _put(files: Mapping[str, str], place: Place, output: Output) -> None:
    from vault_aws_kit.errors import SnippetStale

    if output.out is None:
        terminal.emit("".join(files.values()))
    elif not output.check:
        for done in place.write(files, force=output.force):
            terminal.say(done)
    elif differences := place.differences(files):
        terminal.emit("".join(differences))
        raise SnippetStale(
            f"{output.out} is not what would be rendered now.", hint="Render it again without --check, and commit it."
        )
    else:
        terminal.say(f"{output.out} is up to date.")
