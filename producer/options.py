"""Options that several of the producer's commands share."""

from __future__ import annotations

from pathlib import Path

import click

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

take_over_option = click.option(
    "--take-over", is_flag=True, help="Replace objects in Vault that differ and were not made from this spec."
)
