"""What the kit put into workspaces and a variable set, and until when it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consumer.environment import FIND_CREDENTIALS
from consumer.tfe import change as changes
from vault_aws_kit import clock
from vault_aws_kit.hcp import is_dynamic

if TYPE_CHECKING:
    from consumer.tfe.label import Label
    from vault_aws_kit.tfe.holders.interface import Holder, Variable

OF_INTEREST = (*FIND_CREDENTIALS, changes.REGION, changes.CONFIRM)


@dataclass(frozen=True)
class Row:
    """One environment variable that has to do with AWS's credentials; `label` is None for somebody else's."""

    place: str
    variable: Variable
    label: Label | None

    def to_json(self) -> dict[str, Any]:
        label = self.label
        return {
            "place": self.place,
            "key": self.variable.key,
            "sensitive": self.variable.sensitive,
            "ours": label is not None,
            "access_key_id": label.key if label else None,
            "origin": label.origin if label else None,
            "expires": clock.timestamp(label.until) if label and label.until else None,
            "ended": label.ended if label else None,
            "lease_id": (label.lease or None) if label else None,
        }

    def cells(self) -> tuple[str, ...]:
        if not self.label:
            return (self.place, self.variable.key, "-", "-", "not the kit's")
        return (self.place, self.variable.key, self.label.key, self.label.origin, life(self.label))


def rows(holders: Sequence[Holder]) -> list[Row]:
    """The kit's variables in these places, and those of others that AWS's SDKs would read."""
    return [
        Row(holder.place, variable, changes.label_of(variable))
        for holder in holders
        for variable in holder.variables()
        if changes.ours(variable) or (variable.category == "env" and _matters(variable.key))
    ]


def _matters(key: str) -> bool:
    return key in OF_INTEREST or is_dynamic(key)


def life(label: Label) -> str:
    """Until when it holds, for a person."""
    if label.until is None:
        return "until it is changed"
    if label.ended:
        return f"ended {clock.timestamp(label.until)}"
    left = round((label.until - clock.now()).total_seconds())
    return f"until {clock.timestamp(label.until)} ({clock.duration(left)})"
