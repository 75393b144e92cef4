"""What must change: desired resources against what Vault holds. Pure, so that it is tested without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from producer.resources.interface import Resource, changed_keys
from vault_aws_kit.errors import NotOurs
from vault_aws_kit.vault import Body

Verb = Literal["create", "update", "claim", "keep"]
Key = tuple[str, str]
"""A resource's kind and path."""


@dataclass(frozen=True)
class Action:
    """One step of a plan. `keep` changes nothing; `claim` only records that an equal object is ours from now on."""

    verb: Verb
    resource: Resource
    before: Body | None

    @property
    def key(self) -> Key:
        return self.resource.kind, self.resource.path

    @property
    def writes(self) -> bool:
        """Whether it sends anything to the object itself."""
        return self.verb in ("create", "update")

    @property
    def changed(self) -> list[str]:
        """The fields that differ."""
        return changed_keys(self.before, self.resource.body())


@dataclass(frozen=True)
class Plan:
    """The ordered actions that bring Vault from what it is to what the spec says."""

    actions: tuple[Action, ...]

    @property
    def changes(self) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if action.verb != "keep")

    def count(self, verb: Verb) -> int:
        return sum(action.verb == verb for action in self.actions)

    def __bool__(self) -> bool:
        return bool(self.changes)


def diff(
    desired: Sequence[Resource], observed: Mapping[Key, Body | None], ours: frozenset[Key], *, take_over: bool = False
) -> Plan:
    """Compare each resource with what was observed.

    An object that is not ours is claimed where it is equal, and refused where it differs unless `take_over`.
    Raises NotOurs, which names all of those.
    """
    actions = [_action(resource, observed[resource.kind, resource.path], ours) for resource in desired]
    strangers = [a for a in actions if a.verb == "update" and a.key not in ours]
    if strangers and not take_over:
        raise _not_ours(strangers)
    return Plan(tuple(actions))


def _action(resource: Resource, before: Body | None, ours: frozenset[Key]) -> Action:
    if before is None:
        return Action("create", resource, None)
    if resource.shared:
        return Action("keep", resource, before)
    if before != resource.body():
        return Action("update", resource, before)
    return Action("keep" if (resource.kind, resource.path) in ours else "claim", resource, before)


def _not_ours(strangers: Sequence[Action]) -> NotOurs:
    lines = [f"  {a.resource.kind} {a.resource.path} differs in {', '.join(a.changed)}" for a in strangers]
    return NotOurs(
        "\n".join(["In Vault already, not made from this spec, and different from it:", *lines]),
        hint="Rename them in the spec, make the spec say what they are, or add --take-over to replace them.",
    )
