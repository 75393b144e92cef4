"""Taking away what the kit put into workspaces or a variable set."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from consumer import notes
from consumer.tfe import change as changes
from consumer.tfe import label, push_set
from consumer.tfe.push import Written
from vault_aws_kit.errors import KitError, PartlyApplied
from vault_aws_kit.tfe import locks, variable_sets
from vault_aws_kit.tfe.holders.variable_set import VariableSetVariables
from vault_aws_kit.tfe.holders.workspace import WorkspaceVariables

if TYPE_CHECKING:
    from vault_aws_kit.tfe.client import Tfe
    from vault_aws_kit.tfe.holders.interface import Variable
    from vault_aws_kit.tfe.organization import Workspace
    from vault_aws_kit.tfe.variable_sets import VariableSet


def clear(tfe: Tfe, workspaces: Sequence[Workspace], done: Callable[[Written], None]) -> None:
    """Remove the kit's variables of each workspace, which is locked meanwhile.

    `done` is told of each as soon as all is removed: what ends that key stood nowhere else.
    Raises TfeConflict, TfeRefused, TfeUnavailable; PartlyApplied where a workspace stays locked.
    """
    for one in workspaces:
        _clear(tfe, one, done)


def clear_set(tfe: Tfe, organization: str, name: str, done: Callable[[Written], None], *, force: bool = False) -> None:
    """Delete the kit's variable set of that name, if there is one; `done` as for `clear`. Raises TfeConflict."""
    found = push_set.ours(tfe, organization, name)
    for one in found:
        push_set.check_deletable(tfe, one, force=force)
    for one in found:
        done(_delete(tfe, one))


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _clear(tfe: Tfe, one: Workspace, done: Callable[[Written], None]) -> None:
    left: list[KitError] = []
    holder = WorkspaceVariables(tfe, one)
    removed: list[str] = []
    if not _mine(holder):
        done(Written(holder.place, ()))
        return
    with locks.held(tfe, one, f"vault-aws-kit removes its variables ({secrets.token_hex(4)})", left.append):
        mine = _mine(holder)  # as it is now that nobody else pushes: the next key may have come meanwhile
        try:
            for variable in mine:
                holder.delete(variable)
                removed.append(variable.key)
            labels = dict.fromkeys(found for variable in mine if (found := changes.label_of(variable)))
            done(Written(holder.place, (), tuple(removed), tuple(labels)))
        except BaseException:
            if len(removed) < len(mine):
                notes.tell(
                    f"Removed {', '.join(removed) or 'nothing'} from {holder.place}, and not the rest: run it again."
                )
            raise
    if left:
        raise PartlyApplied(
            f"Workspace {one.name} is cleared, but still locked: {left[0].message}", hint="Unlock it on its page."
        )


def _mine(holder: WorkspaceVariables) -> list[Variable]:
    return [variable for variable in holder.variables() if changes.ours(variable)]


def _delete(tfe: Tfe, one: VariableSet) -> Written:
    keys = tuple(variable.key for variable in VariableSetVariables(tfe, one).variables())
    variable_sets.delete(tfe, one)
    found = label.read(one.description)
    return Written(f"variable set {one.name}", (), keys, (found,) if found else ())
