"""`consumer tfe status`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from consumer.commands.tfe.options import server_options, target_options
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.tfe.targets import Targets
    from vault_aws_kit.tfe.client import Tfe
    from vault_aws_kit.tfe.holders.interface import Holder


@click.command()
@target_options
@terminal.format_option("text", "json")
@server_options
def command(targets: Targets, output: str, server: Callable[[], Tfe]) -> int:
    """Show what `push` put into workspaces or a variable set, until when it holds, and what others have there."""
    from consumer.tfe import status

    with server() as tfe:
        rows = status.rows(_holders(tfe, targets))
    if output == "json":
        terminal.emit_json([row.to_json() for row in rows])
    elif rows:
        terminal.emit_table(("PLACE", "VARIABLE", "KEY", "OF", "GOOD"), [row.cells() for row in rows])
    else:
        terminal.emit("Nothing of the kit's is there.")
    return 0


def _holders(tfe: Tfe, targets: Targets) -> list[Holder]:
    from consumer.tfe import push_set
    from vault_aws_kit.tfe.holders.variable_set import VariableSetVariables
    from vault_aws_kit.tfe.holders.workspace import WorkspaceVariables

    if targets.varset:
        return [VariableSetVariables(tfe, one) for one in push_set.ours(tfe, targets.organization, targets.varset)]
    return [WorkspaceVariables(tfe, one) for one in targets.workspaces(tfe)]
