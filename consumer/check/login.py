"""Whether one can log in: a token that Vault accepts, for how long, and which team it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from consumer.check.interface import Case, Check, Entry
from vault_aws_kit import clock
from vault_aws_kit.findings import Finding

if TYPE_CHECKING:
    from datetime import datetime

    from consumer.token import TokenInfo

SOON = 15 * 60  # seconds: as long as the shortest session of AWS


class Login(Check):
    title: ClassVar[str] = "Login"

    def look(self, case: Case) -> Iterator[Finding]:
        if case.entry.token:
            yield judge_token(case.entry.token, clock.now())
        yield judge_entry(case.entry)


def judge_token(token: TokenInfo, now: datetime) -> Finding:
    policies = f"Its policies: {', '.join(token.policies) or 'none'}."
    if "root" in token.policies:
        told = "It is a root token, which may do far more than a team needs, and sees every team's roles."
        return Finding("warning", "token", told, "Log in as a team: `consumer login`.")
    if token.expires is None:
        return Finding("ok", "token", f"Vault accepts it, and it never ends. {policies}")
    left = int((token.expires - now).total_seconds())
    life = f"It ends in {clock.duration(max(left, 0))}, {'renewable' if token.renewable else 'and for good'}."
    if left < SOON and not token.renewable:
        return Finding("warning", "token", f"{life} {policies}", "Log in again: `consumer login`.")
    return Finding("ok", "token", f"{life} {policies}")


def judge_entry(entry: Entry) -> Finding:
    """Which team it is, or what stopped it on the way."""
    if entry.refused:
        return Finding("error", "team" if entry.token else "login", entry.refused.message, entry.refused.hint)
    teams = entry.access.teams if entry.access else ()
    return Finding("ok", "team", f"It is {', '.join(f'{one.spec}/{one.team}' for one in teams)}.")
