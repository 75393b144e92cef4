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
@click.option("--out", type=click.Path(path_type=Path), help="Keep the plan in a file, for `producer setup FILE`.")
@terminal.format_option("text", "json", "markdown")
@terminal.vault_options
def command(
    spec_file: Path,
    templates: Sequence[Path],
    take_over: bool,
    prune: Prune | None,
    detailed_exitcode: bool,
    out: Path | None,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Show what `setup` would change, and change nothing.

    With --out the AWS credentials that `setup` would need are looked for now, so that the plan can name their key.
    """
    from producer.pipeline import make_plan
    from producer.plan_file import SavedPlan, needing_a_key, write_plan
    from producer.plan_markdown import plan_markdown
    from producer.plan_text import plan_json, plan_text
    from producer.root import key_for_plan, key_from_aws
    from producer.spec import load_spec

    spec = load_spec(spec_file, templates)
    terminal.warn_all(spec.warnings)
    with terminal.connect(vault) as connection:
        plan = make_plan(
            spec,
            connection,
            catalog_mount=vault.catalog_mount,
            take_over=take_over,
            prune=prune,
            find_key=key_from_aws if out else key_for_plan,
        )
        at = connection.settings
    if out:
        engines = needing_a_key(plan, spec.engines)
        write_plan(SavedPlan(plan, at.address, at.namespace, vault.catalog_mount, engines), out)
        terminal.say(f"Kept in {out}: `producer setup {out}` carries out exactly this.")
    if output == "json":
        terminal.emit_json(plan_json(plan))
    else:
        terminal.emit(plan_markdown(plan) if output == "markdown" else plan_text(plan))
    return CHANGES if detailed_exitcode and plan else 0
