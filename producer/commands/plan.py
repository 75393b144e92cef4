"""`producer plan`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.options import prune_options, spec_option, take_over_option, templates_option
from vault_aws_kit import terminal
from vault_aws_kit.errors import CHANGES

if TYPE_CHECKING:
    from producer.prune import Prune


@click.command()
@spec_option
@templates_option
@take_over_option
@prune_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes, as Terraform does.")
@terminal.format_option("text", "json", "markdown")
@terminal.vault_options
def command(
    spec_file: Path,
    templates: Sequence[Path],
    take_over: bool,
    prune: Prune | None,
    detailed_exitcode: bool,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Show what `setup` would change, and change nothing."""
    from producer.pipeline import make_plan
    from producer.plan_markdown import plan_markdown
    from producer.plan_text import plan_json, plan_text
    from producer.spec import load_spec

    spec = load_spec(spec_file, templates)
    terminal.warn_all(spec.warnings)
    with terminal.connect(vault) as connection:
        plan = make_plan(spec, connection, catalog_mount=vault.catalog_mount, take_over=take_over, prune=prune)
    if output == "json":
        terminal.emit_json(plan_json(plan))
    else:
        terminal.emit(plan_markdown(plan) if output == "markdown" else plan_text(plan))
    return CHANGES if detailed_exitcode and plan else 0
