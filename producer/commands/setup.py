"""`producer setup`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.options import duration_option, prune_options, spec_option, take_over_option, templates_option
from vault_aws_kit import terminal
from vault_aws_kit.wording import counted

if TYPE_CHECKING:
    from producer.diff import Action, Plan
    from producer.prune import Prune


@click.command()
@click.argument("plan_file", metavar="[PLAN]", type=click.Path(path_type=Path), required=False)
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
    plan_file: Path | None,
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
    """Make Vault what the spec says: show the plan, ask, and apply it.

    PLAN is a file that `producer plan --out` wrote: then exactly that is carried out, or refused if Vault has changed
    since, and the spec isn't read.
    """
    from producer.plan_file import SavedPlan, read_plan
    from producer.plan_text import plan_json
    from producer.setup import Choices, carry_out, setup
    from producer.spec import load_spec

    if plan_file and (take_over or prune):
        raise click.UsageError("--take-over and --prune go with `producer plan --out`: PLAN is carried out as it is.")
    source = read_plan(plan_file) if plan_file else load_spec(spec_file, templates)
    terminal.warn_all(() if isinstance(source, SavedPlan) else source.warnings)
    choices = Choices(vault.catalog_mount, take_over, prune, lock_timeout, force_unlock)
    with (
        terminal.connect(vault, patience=terminal.PATIENCE) as connection,
        terminal.progress() as step,
        _counted(step) as count,
    ):
        approve = _approval(count, yes=yes, show=output == "text")
        run = partial(carry_out, source) if isinstance(source, SavedPlan) else partial(setup, source)
        done = run(connection, choices, approve=approve, progress=count, say=terminal.say)
    if done:
        terminal.say(f"Done: {counted(len(done.changes), 'change')} applied.")
    if output == "json":
        terminal.emit_json(plan_json(done))
    return 0


class _Count:
    """Shows each change that is done, and knows how many are and whether any was approved."""

    def __init__(self, step: Callable[[str], None]) -> None:
        self._step = step
        self.done = 0
        self.approved = False

    def __call__(self, action: Action) -> None:
        self.done += 1
        self._step(str(action))


@contextmanager
def _counted(step: Callable[[str], None]) -> Iterator[_Count]:
    """Says how far it came where a person stops it."""
    count = _Count(step)
    try:
        yield count
    except KeyboardInterrupt:
        done = f"after {counted(count.done, 'change')}. `producer setup` goes on from there; nothing is half done."
        terminal.say(f"\nStopped {done if count.approved else 'before anything was changed.'}")
        raise


def _approval(count: _Count, *, yes: bool, show: bool) -> Callable[[Plan], None]:
    """Shows a plan and asks, where it changes anything."""
    from producer.plan_text import plan_text

    def approve(plan: Plan) -> None:
        if show:
            terminal.emit(plan_text(plan))
        if plan:
            terminal.confirm("Apply this?", yes=yes)
            count.approved = True

    return approve
