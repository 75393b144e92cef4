"""What must change: desired resources against what Vault holds. Pure, so that it is tested without a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from producer.freeze import Freeze
from producer.owned import Mark, Owned, fingerprint
from producer.resources.interface import Key, Resource, changed_keys
from vault_aws_kit.errors import NotOurs, StaticUserFixed
from vault_aws_kit.vault import Body, Request

Verb = Literal["create", "update", "claim", "keep", "delete", "forget"]

Reason = Literal[
    "new", "spec", "drift", "unfinished", "take-over", "not in the spec", "protected", "unprotected", "changed there",
    "not needed",
]  # fmt: skip
"""Why: first asked for, changed in the spec, changed in Vault since the last setup, left by a run that was stopped…"""


@dataclass(frozen=True)
class Action:
    """One step of a plan.

    `keep` changes nothing; `claim` only records that an equal object is ours from now on, or whether the spec protects
    it; `forget` only records that one is ours no longer. `first` is sent before the action's own requests.
    """

    verb: Verb
    resource: Resource
    before: Body | None
    reasons: tuple[Reason, ...] = ()
    first: tuple[Request, ...] = ()

    def __str__(self) -> str:
        return f"{self.verb} {self.resource.kind} {self.resource.path}"

    @property
    def key(self) -> Key:
        return self.resource.key

    @property
    def after(self) -> Body | None:
        return None if self.verb in ("delete", "forget") else self.resource.body()

    @property
    def changed(self) -> list[str]:
        """The fields that an update changes."""
        return changed_keys(self.before, self.resource.body()) if self.verb == "update" else []

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know before it is carried out."""
        return self.resource.notes(self.verb, self.before)

    @property
    def requests(self) -> Sequence[Request]:
        """What it sends to Vault."""
        if self.verb in ("create", "update"):
            return [*self.first, *self.resource.requests(self.before)]
        return [*self.first, *self.resource.removal()] if self.verb == "delete" else ()


@dataclass(frozen=True)
class Plan:
    """The ordered actions that bring Vault from what it is to what the spec says.

    `left_over` is ours and no longer in the spec, and stays without `--prune`; `spared` stays in any case, as it is
    protected.
    `protect` is what the spec protects now; `frozen` gives no new credentials, and the plan keeps it so. `warnings` are
    the spec's, such as of tokens that end before the keys that they asked for. `unkept` says which connected workspaces
    have what the spec no longer has.
    """

    spec: str
    actions: tuple[Action, ...]
    left_over: tuple[Key, ...] = ()
    spared: tuple[Key, ...] = ()
    protect: frozenset[Key] = frozenset()
    frozen: Freeze = ()
    warnings: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if action.verb != "keep")

    def count(self, verb: Verb) -> int:
        return sum(action.verb == verb for action in self.actions)

    def __bool__(self) -> bool:
        return bool(self.changes)


def diff(
    desired: Sequence[Resource],
    observed: Mapping[Key, Body | None],
    owned: Owned,
    *,
    take_over: bool = False,
    protect: AbstractSet[Key] = frozenset(),
    owners: Callable[[], Mapping[Key, str]] = dict,
) -> tuple[Action, ...]:
    """Compare each resource with what was observed.

    An object that is not ours is claimed where it is equal, and refused where it differs unless `take_over`; only then
    `owners` is asked for the specs that have made what isn't ours. `protect` is what the spec protects.
    Raises NotOurs, which names all of those, and StaticUserFixed.
    """
    actions = tuple(
        _action(resource, observed[resource.key], owned.get(resource.key), protected=resource.key in protect)
        for resource in desired
    )
    for action in actions:
        _check_fixed(action)
    strangers = [a for a in actions if "take-over" in a.reasons]
    if strangers and not take_over:
        raise _not_ours(strangers, owners())
    return actions


def _action(resource: Resource, before: Body | None, mark: Mark | None, *, protected: bool) -> Action:
    changed = _protection(mark, protected=protected)
    if before is None:
        return Action("create", resource, None, _why(resource, before, mark) + changed)
    if resource.shared or (before == resource.body() and mark and not changed):
        return Action("keep", resource, before)
    if before == resource.body():
        return Action("claim", resource, before, changed)
    return Action("update", resource, before, (_why(resource, before, mark) if mark else ("take-over",)) + changed)


def _protection(mark: Mark | None, *, protected: bool) -> tuple[Reason, ...]:
    """Whether the spec protects what is ours already otherwise than is recorded: a later prune goes by the record."""
    if mark is None or mark.protect == protected:
        return ()
    return ("protected",) if protected else ("unprotected",)


def _why(resource: Resource, before: Body | None, mark: Mark | None) -> tuple[Reason, ...]:
    if mark is None:
        return ("new",)
    if not mark.digest:
        return ("unfinished",)
    spec: tuple[Reason, ...] = ("spec",) if fingerprint(resource.body()) != mark.digest else ()
    drift: tuple[Reason, ...] = ("drift",) if before is None or fingerprint(before) != mark.digest else ()
    return spec + drift


def _check_fixed(action: Action) -> None:
    """No kind but the static role has fields that Vault can't change in place."""
    fixed = [key for key in action.changed if key in action.resource.fixed]
    if action.before is not None and fixed:
        raise StaticUserFixed(
            f"{action.resource.path} is bound to IAM user {action.before[fixed[0]]}, and Vault can't give it another.",
            hint="Give the other user's static role a name of its own; `--prune` then deletes this one and its key.",
        )


def _not_ours(strangers: Sequence[Action], owners: Mapping[Key, str]) -> NotOurs:
    whose = {key: f" (made from spec {spec!r})" for key, spec in owners.items()}
    lines = [
        f"  {a.resource.kind} {a.resource.path}{whose.get(a.key, '')} differs in {', '.join(a.changed)}"
        for a in strangers
    ]
    return NotOurs(
        "\n".join(["In Vault already, not made from this spec, and different from it:", *lines]),
        hint="Rename them in the spec, make the spec say what they are, or add --take-over to replace them.",
    )
