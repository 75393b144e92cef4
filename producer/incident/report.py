"""What a revocation did: dead, alive until, or not reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vault_aws_kit.errors import RevokeIncomplete
from vault_aws_kit.terminal import table

State = Literal["dead", "alive", "unreached"]
TITLES: dict[State, str] = {"dead": "DEAD", "alive": "LIVES ON", "unreached": "NOT REACHED"}


@dataclass(frozen=True)
class Item:
    """`how` says how it is known, or why it isn't so; `until` is ISO 8601 or ''; `remedy` is what to do."""

    state: State
    what: str
    how: str
    until: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Report:
    items: tuple[Item, ...]
    frozen: tuple[str, ...] = ()

    def of(self, state: State) -> list[Item]:
        return [item for item in self.items if item.state == state]

    def check(self) -> None:
        """Raises RevokeIncomplete where something could not be reached."""
        missed = self.of("unreached")
        if missed:
            remedies = dict.fromkeys(item.remedy for item in missed if item.remedy)
            raise RevokeIncomplete(
                f"{len(missed)} of {len(self.items)} could not be reached, or not be proved dead.",
                hint=" ".join(remedies) or "See the report; running it again does no harm.",
            )


def report_text(report: Report) -> str:
    """A table for each state, and what is frozen."""
    return "\n\n".join("\n".join(part) for part in _parts(report)) + "\n"


def report_json(report: Report) -> dict[str, Any]:
    def told(state: State) -> list[dict[str, str]]:
        return [
            {"what": i.what, "how": i.how, **({"until": i.until} if i.until else {}), "remedy": i.remedy}
            for i in report.of(state)
        ]

    return {
        "dead": told("dead"),
        "alive": told("alive"),
        "unreached": told("unreached"),
        "frozen": list(report.frozen),
    }


def _parts(report: Report) -> Iterator[Sequence[str]]:
    if not report.items:
        yield ["There was nothing to revoke."]
    for state, title in TITLES.items():
        items = report.of(state)
        if items:
            yield [*table((title, "HOW IT IS KNOWN" if state == "dead" else "WHY"), [_row(item) for item in items])]
    if report.frozen:
        yield ["FROZEN (`producer thaw` ends it)", *report.frozen]


def _row(item: Item) -> tuple[str, str]:
    until = f"at the latest until {item.until}: " if item.until else ""
    return item.what, until + " ".join(filter(None, (item.how, item.remedy)))
