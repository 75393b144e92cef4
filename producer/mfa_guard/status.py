"""How a guard stands: what it guards, whether it is as the kit would make it today, and who is under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from producer.iam_account import IamAccount
from producer.mfa_guard.documents import Enrolment, policies
from producer.mfa_guard.members import Member, everybody
from producer.mfa_guard.observed import Observed


@dataclass(frozen=True)
class Status:
    """`outdated` are services whose policies `guard` would change: somebody edited them, or AWS has new actions."""

    account: str
    group: str
    there: bool
    services: tuple[str, ...]
    enrolment: Enrolment
    outdated: tuple[str, ...]
    foreign: tuple[str, ...]
    users: tuple[Member, ...]

    @property
    def stuck(self) -> list[str]:
        """Guarded users without a device, who can't write at all."""
        return [one.user for one in self.users if one.guarded and not one.devices]


def status(iam: IamAccount, group: str, found: Observed) -> Status:
    """Raises AwsRefused, AwsUnreachable."""
    return Status(
        iam.account,
        group,
        bool(found.attached),
        tuple(found.services),
        found.enrolment,
        tuple(service for service in found.services if _differs(service, found)),
        tuple(found.foreign),
        tuple(everybody(iam, found.members)),
    )


def as_json(found: Status) -> dict[str, Any]:
    return asdict(found) | {"stuck": found.stuck}


def rows(found: Status) -> Sequence[tuple[str, str, str]]:
    """Guarded users first: USER, GUARDED, DEVICES."""
    ordered = sorted(found.users, key=lambda one: (not one.guarded, one.user))
    return [(one.user, "yes" if one.guarded else "no", ", ".join(one.devices) or "none") for one in ordered]


def _differs(service: str, found: Observed) -> bool:
    wanted = {one.name: one.document for one in policies(service, found.enrolment, found.account)}
    return any(name not in found.attached or found.attached[name].document != text for name, text in wanted.items())
