"""`producer setup`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.options import duration_option, prune_options, spec_option, take_over_option, templates_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from producer.diff import Plan
    from producer.prune import Prune

PATIENCE = 30.0  # seconds: as long as a cluster may take to choose a new leader


@click.command()
@spec_option
@templates_option
@take_over_option
@prune_options
@duration_option("--lock-timeout", default="90s", help="How long to wait while somebody else sets this spec up.")
@click.option("--force-unlock", is_flag=True, help="Take the lock from whoever holds it.")
@terminal.yes_option
@terminal.format_option("text", "json")
@terminal.vault_options
def command(
    spec_file: Path,
    templates: Sequence[Path],
    take_over: bool,
    prune: Prune | None,
    lock_timeout: int,
    force_unlock: bool,
    yes: bool,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Make Vault what the spec says: show the plan, ask, and apply it."""
    from producer.plan_text import plan_json, plan_text
    from producer.setup import Choices, setup
    from producer.spec import load_spec

    spec = load_spec(spec_file, templates)
    terminal.warn_all(spec.warnings)

    def approve(plan: Plan) -> None:
        if output == "text":
            terminal.emit(plan_text(plan))
        if plan:
            terminal.confirm("Apply this?", yes=yes)

    choices = Choices(vault.catalog_mount, take_over, prune, lock_timeout, force_unlock)
    with terminal.connect(vault, patience=PATIENCE) as connection, terminal.progress() as step:
        done = setup(
            spec,
            connection,
            choices,
            approve=approve,
            progress=lambda action: step(f"{action.resource.kind} {action.resource.path}"),
            say=terminal.say,
        )
    if done:
        terminal.say(f"Done: {len(done.changes)} changes applied.")
    if output == "json":
        terminal.emit_json(plan_json(done))
    return 0
