"""What `connect` and `disconnect` do alike: show the plan, ask, carry it out, and say how it went."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vault_aws_kit import terminal
from vault_aws_kit.errors import CHANGES
from vault_aws_kit.wording import counted

if TYPE_CHECKING:
    from producer.connect.asked import Where
    from producer.connect.run import Choices, Prepared
    from producer.diff import Plan
    from producer.spec import Spec
    from vault_aws_kit.tfe.client import Tfe
    from vault_aws_kit.vault import Vault

LOCK_WAIT = 90.0  # seconds, as in `setup`


def carry_out(
    spec: Spec,
    prepare: Callable[[Vault, Tfe], Prepared],
    where: Where,
    choices: Choices,
    vault: terminal.VaultOptions,
    *,
    removing: bool,
    only_plan: bool,
    detailed: bool,
    output: str,
    yes: bool,
) -> int:
    """A command's exit code."""
    from producer.connect import run
    from producer.plan_text import plan_json, plan_text
    from vault_aws_kit.tfe.client import connect

    nothing = f"Nothing to change: it is {'disconnected' if removing else 'connected'} already."
    with terminal.connect(vault, patience=terminal.PATIENCE) as connection, connect(where.host, where.ca_bundle) as tfe:
        if only_plan:
            plan = prepare(connection, tfe).plan
            terminal.emit_json(plan_json(plan)) if output == "json" else terminal.emit(plan_text(plan, nothing))
            return CHANGES if detailed and plan else 0

        def approve(plan: Plan) -> None:
            if output == "text":
                terminal.emit(plan_text(plan, nothing))
            if plan:
                terminal.confirm("Apply this?", yes=yes)

        with terminal.progress() as step:
            done = run.carry_out(
                spec, lambda: prepare(connection, tfe), connection, tfe, choices,
                removing=removing, approve=approve, progress=lambda action: step(str(action)), say=terminal.say,
            )  # fmt: skip
    if done:
        terminal.say(f"Done: {counted(len(done.changes), 'change')} applied.")
    if output == "json":
        terminal.emit_json(plan_json(done))
    return 0
