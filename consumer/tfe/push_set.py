"""Putting one set of credentials into a variable set: a new one is made whole and attached, then the old one deleted.

A run therefore finds the old set or the new one. Names are unique, so the new set bears its key's ID in its name until
the old one is gone; what an interrupted push left under such a name is found and replaced by the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consumer import notes
from consumer.tfe import change as changes
from consumer.tfe import label
from consumer.tfe.change import Asked, Change
from consumer.tfe.push import Pushed, Written, write
from vault_aws_kit.errors import KitError, PartlyApplied, TfeConflict, TfeNotFound
from vault_aws_kit.tfe import variable_sets
from vault_aws_kit.tfe.holders.variable_set import VariableSetVariables
from vault_aws_kit.tfe.holders.workspace import WorkspaceVariables

if TYPE_CHECKING:
    from consumer.tfe.issuing import Issuing
    from vault_aws_kit.tfe.client import Tfe
    from vault_aws_kit.tfe.holders.interface import Wanted
    from vault_aws_kit.tfe.organization import Workspace
    from vault_aws_kit.tfe.variable_sets import VariableSet


@dataclass(frozen=True)
class Attachments:
    """IDs of workspaces and projects."""

    workspaces: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


def check_attached(tfe: Tfe, workspaces: Sequence[Workspace], name: str, asked: Asked) -> None:
    """Say where a workspace's own variables win over a set's, as they always do over this one.

    Raises TfeConflict for a workspace whose runs have credentials of their own.
    """
    for one in workspaces:
        holder = WorkspaceVariables(tfe, one)
        held = holder.variables()
        changes.check_no_dynamic(holder.place, [*held, *holder.inherited(held)], asked)
        if own := [variable.key for variable in held if variable.key in changes.SECRETS]:
            notes.tell(f"{holder.place} has {', '.join(own)} of its own, which win over variable set {name}.")


def push(tfe: Tfe, organization: str, name: str, to: Attachments, issuing: Issuing, asked: Asked) -> Pushed:
    """Fresh credentials in a variable set of that name, attached to what is given and to what the old one was.

    Raises TfeConflict for a set of that name that isn't the kit's, TfeNotFound where there is neither an old one nor
    anything to attach a new one to, PartlyApplied where the new one is attached but the old one not gone.
    """
    old = ours(tfe, organization, name)
    for one in old:
        _check_ours(tfe, one, asked)
    to = Attachments(
        tuple(dict.fromkeys((*to.workspaces, *(key for one in old for key in one.workspaces)))),
        tuple(dict.fromkeys((*to.projects, *(key for one in old for key in one.projects)))),
    )
    if not (to.workspaces or to.projects):
        raise TfeNotFound(
            f"{organization} has no variable set {name} of the kit's, and nothing is named to attach a new one to.",
            hint="Name workspaces, --tag or --project.",
        )
    with issuing.fresh() as issued:
        text = issued.label.text()
        new = _made(tfe, organization, f"{name} {issued.label.key}", text, priority=any(one.priority for one in old))
        try:
            written = write(VariableSetVariables(tfe, new), _all_new(changes.wanted(issued.credentials, asked, text)))
            variable_sets.attach(tfe, new, workspaces=to.workspaces, projects=to.projects)
            issued.delivered = True
        except BaseException:
            _remove(tfe, new)
            raise
    _replace(tfe, old, new, name)
    replaced = tuple(found for one in old if (found := label.read(one.description)))
    return Pushed(issued.credentials, issued.label, (Written(f"variable set {name}", written.keys, (), replaced),))


def ours(tfe: Tfe, organization: str, name: str) -> list[VariableSet]:
    """The kit's variable set of that name, and what interrupted pushes left. Raises TfeConflict for a foreign one."""
    found = variable_sets.variable_sets(tfe, organization, named=name)
    for one in found:
        if one.name == name and not label.read(one.description):
            raise TfeConflict(
                f"Variable set {name} of {organization} is not the kit's, which would replace all of it.",
                hint="Give another name with --varset.",
            )
    return [one for one in found if _is_of(one, name)]


def check_deletable(tfe: Tfe, one: VariableSet, *, force: bool) -> None:
    """Raises TfeConflict where a set of the kit's holds what isn't, unless `force`."""
    foreign = [variable.key for variable in VariableSetVariables(tfe, one).variables() if not changes.ours(variable)]
    if foreign and not force:
        raise TfeConflict(
            f"Variable set {one.name} holds what isn't the kit's, and would be deleted with it: {', '.join(foreign)}.",
            hint="Move it to another set, or have it deleted with --force.",
        )


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _is_of(one: VariableSet, name: str) -> bool:
    found = label.read(one.description)
    return found is not None and one.name in (name, f"{name} {found.key}")


def _check_ours(tfe: Tfe, one: VariableSet, asked: Asked) -> None:
    """Raise TfeConflict for what a set can't be replaced with."""
    if one.everywhere:
        raise TfeConflict(
            f"Variable set {one.name} was made global, and two global sets can't hold the same variables.",
            hint="Attach it to projects or workspaces instead, and run it again.",
        )
    check_deletable(tfe, one, force=asked.force)


def _made(tfe: Tfe, organization: str, name: str, text: str, *, priority: bool) -> VariableSet:
    try:
        return variable_sets.create(tfe, organization, name, description=text, priority=priority)
    except BaseException:
        if made := variable_sets.find(tfe, organization, name):  # interrupted, it may be there all the same
            _remove(tfe, made)
        raise


def _all_new(variables: Sequence[Wanted]) -> Change:
    return Change(writes=tuple((one, None) for one in variables), deletes=())


def _remove(tfe: Tfe, new: VariableSet) -> None:
    try:
        variable_sets.delete(tfe, new)
        notes.tell(f"Removed variable set {new.name} again; what was there before is as it was.")
    except KitError as error:
        notes.tell(f"Variable set {new.name} could not be removed again: {error.message}")


def _replace(tfe: Tfe, old: Sequence[VariableSet], new: VariableSet, name: str) -> None:
    """The old sets' end, and their name for the new one, which stays whatever fails here."""
    try:
        for one in old:
            variable_sets.delete(tfe, one)
        variable_sets.rename(tfe, new, name)
    except KitError as error:
        raise PartlyApplied(
            f"The credentials are in variable set {new.name}, which is attached, but it could not take the place of "
            f"{name}: {error.message}",
            hint="Run it again: it finds both, and leaves one.",
        ) from None
    except BaseException:
        notes.tell(f"The credentials are in variable set {new.name}, which is attached: the next push renames it.")
        raise
