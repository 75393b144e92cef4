"""Putting one set of credentials into workspaces: all of it or, if anything fails, none.

There are no transactions there, and what a sensitive variable held can't be read back. So the workspaces are locked,
and after a failure what the kit wrote is removed, the locks are given up and the credentials revoked.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from consumer import notes
from consumer.tfe import change as changes
from consumer.tfe.change import Asked, Change
from consumer.tfe.issuing import Issued, Issuing
from vault_aws_kit.errors import KitError, PartlyApplied, TfeUnavailable
from vault_aws_kit.tfe import locks
from vault_aws_kit.tfe.holders.workspace import WorkspaceVariables

if TYPE_CHECKING:
    from consumer.tfe.label import Label
    from vault_aws_kit.credentials import Credentials
    from vault_aws_kit.tfe.client import Tfe
    from vault_aws_kit.tfe.holders.interface import Category, Holder, Variable, Wanted
    from vault_aws_kit.tfe.organization import Workspace


@dataclass(frozen=True)
class Written:
    """What was done in one place. `replaced` are the labels of what the kit had there before."""

    place: str
    keys: tuple[str, ...]
    removed: tuple[str, ...] = ()
    replaced: tuple[Label, ...] = ()


@dataclass(frozen=True)
class Pushed:
    credentials: Credentials
    label: Label
    places: tuple[Written, ...]

    @property
    def replaced(self) -> list[Label]:
        return [old for place in self.places for old in place.replaced]


def push(
    tfe: Tfe, workspaces: Sequence[Workspace], issuing: Issuing, asked: Asked, gone: Callable[[Label], None]
) -> Pushed:
    """Fresh credentials in all of these workspaces.

    `gone` is told of what an earlier push had put there, once it is replaced, or removed by a failure: what ends that
    key stood nowhere else.
    Raises what the source raises; TfeConflict, TfeRefused, TfeUnavailable, after which nothing of them is left;
    PartlyApplied where they are there but a lock could not be given up.
    """
    holders = [WorkspaceVariables(tfe, one) for one in workspaces]
    for holder in holders:
        held = holder.variables()
        changes.check(holder.place, held, asked, holder.inherited(held))
    with issuing.fresh(places=len(holders)) as issued, _locked(tfe, workspaces, issued):
        variables = changes.wanted(issued.credentials, asked, issued.label.text())
        places = _write_all(holders, variables, asked, gone)
        issued.delivered = True
        for old in (old for place in places for old in place.replaced):
            gone(old)
    return Pushed(issued.credentials, issued.label, tuple(places))


def write(holder: Holder, change: Change) -> Written:
    """Make a change, whatever is in its way having been said before."""
    for key in change.lost:
        notes.tell(f"{key} of {holder.place} was not the kit's: it is overwritten, and its value can't be put back.")
    replaced = [found for _, found in change.writes if found] + list(change.deletes)
    for variable in change.deletes:
        if not changes.ours(variable):
            notes.tell(f"{variable.key} ({variable.category}) of {holder.place} was not the kit's: it is deleted.")
        holder.delete(variable)
    for wanted, found in change.writes:
        holder.put(wanted, found)
    labels = [label for one in replaced if (label := changes.label_of(one))]
    return Written(
        holder.place,
        keys=tuple(wanted.key for wanted, _ in change.writes),
        removed=tuple(one.key for one in change.deletes if one.key not in {wanted.key for wanted, _ in change.writes}),
        replaced=tuple(dict.fromkeys(labels)),
    )


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _locked(tfe: Tfe, workspaces: Sequence[Workspace], issued: Issued) -> Iterator[None]:
    """All of them locked. Raises PartlyApplied where one stays locked after all went well."""
    left: list[tuple[Workspace, KitError]] = []
    reason = f"vault-aws-kit writes key {issued.label.key} ({secrets.token_hex(4)})"
    try:
        with contextlib.ExitStack() as stack:
            for one in workspaces:
                stack.enter_context(locks.held(tfe, one, reason, _remember(left, one)))
            yield
    except BaseException:
        for one, error in left:
            notes.tell(f"Workspace {one.name} is still locked: {error.message}")
        if issued.delivered:
            notes.tell("The credentials are all there.")
        raise
    if left:
        names = ", ".join(one.name for one, _ in left)
        raise PartlyApplied(
            f"The credentials are there, but still locked is workspace {names}: {left[0][1].message}",
            hint="Unlock it on its page.",
        )


def _remember(left: list[tuple[Workspace, KitError]], one: Workspace) -> Callable[[KitError], None]:
    return lambda error: left.append((one, error))


def _write_all(
    holders: Sequence[Holder], variables: Sequence[Wanted], asked: Asked, gone: Callable[[Label], None]
) -> list[Written]:
    """Write to all places. Where one fails, nothing of the kit's stays in those that were begun."""
    planned = [_Plan(holder, holder.variables()) for holder in holders]
    ready = [(one, changes.change(one.holder.place, one.held, variables, asked)) for one in planned]
    begun: list[_Plan] = []
    try:
        written = []
        for one, change in ready:
            begun.append(one)
            written.append(write(one.holder, change))
    except BaseException:
        for one in begun:
            one.undo()
            for label in one.labels:
                gone(label)
        raise
    return written


@dataclass(frozen=True)
class _Plan:
    """A place, and what it held before."""

    holder: Holder
    held: list[Variable] = field(repr=False)

    @property
    def labels(self) -> list[Label]:
        """Of what the kit had there before."""
        return list(dict.fromkeys(label for one in self.held if (label := changes.label_of(one))))

    def undo(self) -> None:
        """Remove all of the kit's, as half a set is worth nothing; put back what was somebody else's and readable."""
        removed: list[str] = []
        try:
            now = self.holder.variables()
            for variable in now:
                if changes.ours(variable):
                    self._put_back_or_delete(variable, removed)
            self._put_back_deleted(now)
        except KitError as error:
            notes.tell(f"What was written to {self.holder.place} could not all be removed: {error.message}")
            if isinstance(error, TfeUnavailable):
                notes.tell(f"Run `consumer tfe clear` for {self.holder.place} once it can be reached again.")
        if removed:
            notes.tell(f"Removed {', '.join(removed)} from {self.holder.place} again.")

    def _put_back_or_delete(self, variable: Variable, removed: list[str]) -> None:
        from vault_aws_kit.tfe.holders.interface import find

        before = find(self.held, variable.key)
        if before and before.value is not None and not changes.ours(before):
            self._put_back(before, before.value, variable)
            return
        self.holder.delete(variable)
        removed.append(variable.key)

    def _put_back_deleted(self, now: Sequence[Variable]) -> None:
        """What stood in the way, and was deleted by force."""
        from vault_aws_kit.tfe.holders.interface import find

        for before in self.held:
            there = find(now, before.key, before.category)
            if before.value is not None and not changes.ours(before) and not there:
                self._put_back(before, before.value)

    def _put_back(self, before: Variable, value: str, found: Variable | None = None) -> None:
        from vault_aws_kit.tfe.holders.interface import Wanted

        category: Category = "terraform" if before.category == "terraform" else "env"
        same = Wanted(before.key, value, description=before.description, category=category, hcl=before.hcl)
        self.holder.put(same, found)
        notes.tell(f"Put {before.key} of {self.holder.place} back as it was.")
