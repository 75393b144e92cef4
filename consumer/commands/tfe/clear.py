"""`consumer tfe clear`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from consumer import session
from consumer.commands.tfe.options import server_options, target_options
from consumer.options import team_login_option
from vault_aws_kit import terminal
from vault_aws_kit.errors import RevokeFailed

if TYPE_CHECKING:
    from consumer.tfe.push import Written
    from consumer.tfe.targets import Targets
    from vault_aws_kit.tfe.client import Tfe


@click.command()
@target_options
@click.option("--force", is_flag=True, help="Delete a variable set with what others put into it.")
@terminal.format_option("text", "json")
@team_login_option
@server_options
@terminal.vault_options
def command(
    targets: Targets,
    force: bool,
    output: str,
    team: str,
    server: Callable[[], Tfe],
    vault: terminal.VaultOptions,
) -> int:
    """Remove what `push` put into workspaces or a variable set, and revoke it in Vault where that can be done."""
    from vault_aws_kit import stopping

    cleared: list[Written] = []
    try:
        with server() as tfe, stopping.in_order():
            _clear(tfe, targets, cleared.append, force=force)
    finally:
        ended = _end(cleared, vault, team)
    _emit(cleared, output)
    if not ended:
        raise RevokeFailed(
            "The variables are removed, but not all of the credentials could be revoked.",
            hint="Revoke by hand what is named above, or let it end by itself.",
        )
    return 0


def _clear(tfe: Tfe, targets: Targets, done: Callable[[Written], None], *, force: bool) -> None:
    from consumer.tfe import clear
    from consumer.tfe.targets import check

    if targets.varset:
        clear.clear_set(tfe, targets.organization, targets.varset, done, force=force)
        return
    workspaces = targets.workspaces(tfe)
    check(tfe, workspaces)
    clear.clear(tfe, workspaces, done)


def _end(cleared: list[Written], vault: terminal.VaultOptions, team: str) -> bool:
    """End the keys of what was removed, also where not all could be; whether that could be done."""
    from consumer.tfe import endings

    labels = [old for place in cleared for old in place.replaced]
    return endings.end_all(labels, lambda: session.connect(vault, team))


def _emit(cleared: list[Written], output: str) -> None:
    if output == "json":
        terminal.emit_json([{"place": one.place, "removed": list(one.removed)} for one in cleared])
        return
    for one in cleared:
        removed = f"Removed {', '.join(one.removed)} from {one.place}." if one.removed else f"Nothing in {one.place}."
        terminal.emit(removed)
    if not cleared:
        terminal.emit("Nothing of the kit's is there.")
