"""Vault's clock, AWS's and the one here: AWS refuses requests that were signed more than 5 minutes off its own.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from producer.doctor.interface import Case, Check, Need
from vault_aws_kit import clock
from vault_aws_kit.findings import Finding

REFUSED = timedelta(minutes=5)
OFF = timedelta(minutes=1)
"""Beyond this it is no matter of slow answers any more, and gets worse."""

_SIGNS = ("Signature expired", "Signature not yet current", "RequestTimeTooSkewed")
"""How AWS tells whoever signs with a wrong time."""

_SET = "Have it set by NTP (chrony, systemd-timesyncd)."


class Clocks(Check):
    title: ClassVar[str] = "Clocks"
    needs: ClassVar[frozenset[Need]] = frozenset({"vault"})

    def look(self, case: Case) -> Iterator[Finding]:
        asked = clock.now()
        there = case.vault.server_time()
        here = asked + (clock.now() - asked) / 2
        account = case.witness.account
        yield from judge(there - here, account.ahead if account else None, case.witness.why)


def judge(vault_ahead: timedelta, aws_ahead: timedelta | None, why_no_aws: str = "") -> Iterator[Finding]:
    """How far Vault's clock and AWS's are ahead of the one here; None where AWS told no time."""
    if any(sign in why_no_aws for sign in _SIGNS):
        yield Finding("error", "the clock here", f"AWS refuses what is signed with it: {why_no_aws}", _SET)
    if aws_ahead is None:
        told = "Which of them is wrong is not known, as AWS couldn't be asked; it refuses requests that are 5m off."
        yield _judged("Vault's clock", "the one here", vault_ahead, told)
    else:
        yield _judged("Vault's clock", "AWS's", vault_ahead - aws_ahead, "AWS refuses Vault's requests from 5m on.")
        yield _judged("the clock here", "AWS's", -aws_ahead, "AWS refuses requests from here from 5m on.")


def _judged(which: str, other: str, ahead: timedelta, matters: str) -> Finding:
    off = abs(ahead)
    if off < OFF:
        return Finding("ok", which, f"It goes like {other}.")
    direction = "ahead of" if ahead > timedelta() else "behind"
    reason = f"It is {clock.duration(int(off.total_seconds()))} {direction} {other}. {matters}"
    return Finding("error" if off >= REFUSED else "warning", which, reason, _SET)
