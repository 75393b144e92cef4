"""Taking away what the kit put into workspaces or a variable set."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from consumer import notes
from consumer.tfe import change as changes
from consumer.tfe import label, push_set
from consumer.tfe.push import Written
from vault_aws_kit.errors import KitError, PartlyApplied, TfeConflict
from vault_aws_kit.tfe import locks, variable_sets
from vault_aws_kit.tfe.holders.variable_set import VariableSetVariables
from vault_aws_kit.tfe.holders.workspace import WorkspaceVariables

if TYPE_CHECKING:
    from vault_aws_kit.tfe.client import Tfe
    from vault_aws_kit.tfe.organization import Workspace
    from vault_aws_kit.tfe.variable_sets import VariableSet


def clear(tfe: Tfe, workspaces: Sequence[Workspace]) -> list[Written]:
    """Remove the kit's variables of each workspace, which is locked meanwhile; what was removed.

    Raises TfeConflict, TfeRefused, TfeUnavailable; PartlyApplied where a workspace stays locked.
    """
    return [_clear(tfe, one) for one in workspaces]


def clear_set(tfe: Tfe, organization: str, name: str, *, force: bool = False) -> list[Written]:
    """Delete the kit's variable set of that name; [] where there is none. Raises TfeConflict."""
    found = push_set.ours(tfe, organization, name)
    for one in found:
        foreign = [other.key for other in VariableSetVariables(tfe, one).variables() if not changes.ours(other)]
        if foreign and not force:
            raise TfeConflict(
                f"Variable set {one.name} holds what isn't the kit's, and would be deleted with it: "
                f"{', '.join(foreign)}.",
                hint="Move it to another set, or have it deleted with --force.",
            )
    return [_delete(tfe, one) for one in found]


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _clear(tfe: Tfe, one: Workspace) -> Written:
    left: list[KitError] = []
    holder = WorkspaceVariables(tfe, one)
    removed: list[str] = []
    mine = [variable for variable in holder.variables() if changes.ours(variable)]
    if not mine:
        return Written(holder.place, ())
    with locks.held(tfe, one, f"vault-aws-kit removes its variables ({secrets.token_hex(4)})", left.append):
        try:
            for variable in mine:
                holder.delete(variable)
                removed.append(variable.key)
        except BaseException:
            if removed:
                notes.tell(f"Removed only {', '.join(removed)} from {holder.place}: run it again.")
            raise
    if left:
        raise PartlyApplied(
            f"Workspace {one.name} is cleared, but still locked: {left[0].message}", hint="Unlock it on its page."
        )
    labels = dict.fromkeys(found for variable in mine if (found := changes.label_of(variable)))
    return Written(holder.place, (), tuple(removed), tuple(labels))


def _delete(tfe: Tfe, one: VariableSet) -> Written:
    keys = tuple(variable.key for variable in VariableSetVariables(tfe, one).variables())
    variable_sets.delete(tfe, one)
    found = label.read(one.description)
    return Written(f"variable set {one.name}", (), keys, (found,) if found else ())
