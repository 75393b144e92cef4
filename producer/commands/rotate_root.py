"""`producer rotate-root`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.options import duration_option, spec_option, templates_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from producer.rotate_root import RootState


@click.command()
@click.option("--engine", "engine_name", metavar="NAME", default="", help="One engine; else all of the spec's.")
@duration_option("--max-age", default="0s", help="Leave a key alone that is younger.")
@duration_option("--lock-timeout", default="90s", help="How long to wait for a setup that is at work.")
@spec_option
@templates_option
@terminal.yes_option
@terminal.format_option("text", "json")
@terminal.vault_options
def command(
    engine_name: str,
    max_age: int,
    lock_timeout: int,
    spec_file: Path,
    templates: Sequence[Path],
    yes: bool,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Have Vault replace its own AWS key, and delete the old one.

    With AWS credentials here, the key's age and the user's quota of two keys are looked at first.
    """
    from producer.bootstrap import account_if_any, engines_named
    from producer.rotate_root import rotate_root
    from producer.spec import load_spec

    spec = load_spec(spec_file, templates)
    engines = engines_named(spec, engine_name)
    account = account_if_any()
    with terminal.connect(vault, patience=terminal.PATIENCE) as connection:
        done = [
            rotate_root(spec, engine, connection, account, catalog_mount=vault.catalog_mount, max_age=max_age,
                        approve=_approval(engine.name, yes=yes), wait=lock_timeout)
            for engine in engines
        ]  # fmt: skip
    for one in done:
        if one.leftover:
            terminal.warn(f"AWS still has the old key {one.leftover}: delete it with `aws iam delete-access-key`.")
        if output == "text" and one.rotated:
            terminal.emit(f"{one.engine}: {one.before} was replaced by {one.after}.")
        elif output == "text":
            terminal.emit(f"{one.engine}: {one.after} is young enough: nothing to do.")
    if output == "json":
        terminal.emit_json([asdict(one) | {"rotated": one.rotated} for one in done])
    return 0


def _approval(engine: str, *, yes: bool) -> Callable[[RootState], None]:
    def approve(state: RootState) -> None:
        whose = f" of IAM user {state.user}" if state.user else ""
        if state.given:
            terminal.warn(
                f"{state.key}{whose} is the key that engine {engine} was given. Rotating deletes it in AWS: whatever "
                "else uses it stops working."
            )
        terminal.confirm(f"Replace the root key {state.key}{whose} of engine {engine}?", yes=yes)

    return approve
