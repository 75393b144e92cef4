"""`producer setup`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.options import prune_options, spec_option, take_over_option, templates_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from producer.prune import Prune


@click.command()
@spec_option
@templates_option
@take_over_option
@prune_options
@terminal.yes_option
@terminal.format_option("text", "json")
@terminal.vault_options
def command(
    spec_file: Path,
    templates: Sequence[Path],
    take_over: bool,
    prune: Prune | None,
    yes: bool,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Make Vault what the spec says: show the plan, ask, and apply it."""
    from producer.pipeline import apply, make_plan
    from producer.plan_text import plan_json, plan_text
    from producer.root import key_from_aws
    from producer.spec import load_spec

    spec = load_spec(spec_file, templates)
    terminal.warn_all(spec.warnings)
    with terminal.connect(vault) as connection:
        plan = make_plan(
            spec, connection, catalog_mount=vault.catalog_mount, take_over=take_over, prune=prune, find_key=key_from_aws
        )
        if output == "text":
            terminal.emit(plan_text(plan))
        if plan:
            terminal.confirm(f"Apply this to {connection.settings.address}?", yes=yes)
            with terminal.progress(len(plan.changes)) as step:
                apply(
                    spec,
                    plan,
                    connection,
                    catalog_mount=vault.catalog_mount,
                    progress=lambda action: step(f"{action.resource.kind} {action.resource.path}"),
                )
            terminal.say(f"Done: {len(plan.changes)} changes applied.")
    if output == "json":
        terminal.emit_json(plan_json(plan, spec.name))
    return 0
