"""What must change in AWS for a guard to be there, or to be gone. Pure, so that it is tested without AWS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from producer.mfa_guard.documents import Account, Enrolment, GuardPolicy, policies, service_of
from producer.mfa_guard.observed import Observed
from vault_aws_kit import IAM_PATH
from vault_aws_kit.errors import AwsRefused, GuardMissing, GuardTaken
from vault_aws_kit.wording import counted

Verb = Literal["create", "update", "keep", "delete"]
Kind = Literal["iam-policy", "iam-group", "attachment", "membership"]


@dataclass(frozen=True)
class Wanted:
    """A guard as it was asked for."""

    group: str
    services: tuple[str, ...]
    enrolment: Enrolment = "admin"

    def policies(self, account: Account) -> list[GuardPolicy]:
        return [one for service in self.services for one in policies(service, self.enrolment, account)]


@dataclass(frozen=True)
class Change:
    """One step. `path` is a policy's or a group's ARN, GROUP/POLICY of an attachment, GROUP/USER of a membership.

    `policy` is the ARN of the policy that an attachment is of.
    """

    verb: Verb
    kind: Kind
    path: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    policy: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.path}"

    @property
    def name(self) -> str:
        """Of the group, the policy or the user: names hold no slash."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Plan:
    """The ordered steps for one group. `left_over` are services that it guards and nobody asked for: they stay."""

    group: str
    steps: tuple[Change, ...]
    left_over: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(step for step in self.steps if step.verb != "keep")

    def count(self, verb: str) -> int:
        return sum(step.verb == verb for step in self.steps)

    def __bool__(self) -> bool:
        return bool(self.changes)


def plan_guard(wanted: Wanted, found: Observed, *, prune: bool = False) -> Plan:
    """What makes the guard: new policies are attached before old ones change or go, so that there never is a gap.

    What else the group has stays. Services that it guards and that aren't asked for stay too, unless `prune`.
    Raises GuardTaken, and AwsRefused for more policies than AWS attaches to a group.
    """
    must_be_ours(found)
    policies = wanted.policies(found.account)
    names = {one.name for one in policies}
    _check_names(names, found)
    surplus = [name for name in found.attached if name not in names]
    left_over = {service_of(name) for name in surplus} - set(wanted.services) if not prune else set()
    _check_quota(found, len(names) + len(surplus))
    steps = (
        *(_policy_step(one, found) for one in policies if one.name not in found.policies),
        _group_step(wanted.group, found),
        *(_attachment_step(wanted.group, one.name, found) for one in policies),
        *(_policy_step(one, found) for one in policies if one.name in found.policies),
        *_removal(wanted.group, [name for name in surplus if service_of(name) not in left_over], found),
    )
    return Plan(wanted.group, steps, tuple(sorted(left_over)))


def plan_unguard(group: str, found: Observed) -> Plan:
    """What puts everything back: the policies that nothing else uses go, and the group unless others have used it.

    A group to which somebody attached policies of their own keeps its members: those may live by them.
    Policies that a killed run left, attached to nothing, go too. Raises GuardTaken.
    """
    must_be_ours(found)
    unused = [name for name, policy in found.policies.items() if policy.uses == 0]
    steps = (*_removal(group, list(found.attached), found, unused), *_group_removal(group, found))
    return Plan(group, steps)


def must_be_there(group: str, found: Observed) -> None:
    """Raises GuardMissing where there is no such guard, and GuardTaken where the group isn't the kit's."""
    must_be_ours(found)
    if not found.attached:
        what = "has no policies of a guard" if found.group else "is not there"
        raise GuardMissing(
            f"There is no guard {group!r} in account {found.account.id}: the group {what}.",
            hint=f"Make it with `producer mfa guard --group {group}`, or name another with --group.",
        )


def must_be_ours(found: Observed) -> None:
    """Raises GuardTaken where there is a group of that name that the kit didn't make."""
    if found.group and found.group.path != IAM_PATH:
        raise GuardTaken(
            f"There is a group {found.group.arn} already, and it was not made by the kit (its path is not {IAM_PATH}).",
            hint="Choose another name with --group: a user can be in several groups, so nobody has to leave that one.",
        )


# ── steps ────────────────────────────────────────────────────────────────────────────────────────


def _policy_step(policy: GuardPolicy, found: Observed) -> Change:
    arn = found.account.policy(policy.name)
    there = found.policies.get(policy.name)
    if there is None:
        return Change("create", "iam-policy", arn, None, policy.document)
    if there.document == policy.document:
        return Change("keep", "iam-policy", arn, there.document, policy.document)
    others = there.uses - (policy.name in found.attached)
    notes = (f"attached in {counted(others, 'other place')}: it changes there too",) if others else ()
    return Change("update", "iam-policy", arn, there.document, policy.document, notes)


def _group_step(group: str, found: Observed) -> Change:
    body = {"path": IAM_PATH}
    if found.group is None:
        return Change("create", "iam-group", found.account.group(group), None, body)
    kept = f"has {', '.join(found.foreign)} too, which stays" if found.foreign else ""
    return Change("keep", "iam-group", found.account.group(group), body, body, tuple(filter(None, [kept])))


def _attachment_step(group: str, policy: str, found: Observed) -> Change:
    arn = found.account.policy(policy)
    if policy in found.attached:
        return Change("keep", "attachment", f"{group}/{policy}", policy=arn)
    notes = (f"binds {counted(len(found.members), 'user')} in the group at once",) if found.members else ()
    return Change("create", "attachment", f"{group}/{policy}", notes=notes, policy=arn)


def _removal(group: str, names: Sequence[str], found: Observed, unused: Sequence[str] = ()) -> Iterator[Change]:
    for name in names:
        yield Change("delete", "attachment", f"{group}/{name}", policy=found.policies[name].arn)
    for name in [*names, *unused]:
        policy = found.policies[name]
        others = policy.uses - (name in found.attached)
        if others:
            note = f"attached in {counted(others, 'other place')}: it stays"
            yield Change("keep", "iam-policy", policy.arn, policy.document, policy.document, (note,))
        else:
            yield Change("delete", "iam-policy", policy.arn, policy.document)


def _group_removal(group: str, found: Observed) -> Iterator[Change]:
    if found.group is None:
        return
    if found.foreign:
        note = f"has {', '.join(found.foreign)}, which somebody else gave it: it stays, and so do its members"
        yield Change("keep", "iam-group", found.group.arn, {"path": IAM_PATH}, {"path": IAM_PATH}, (note,))
        return
    for user in found.members:
        yield Change("delete", "membership", f"{group}/{user}")
    yield Change("delete", "iam-group", found.group.arn, {"path": IAM_PATH})


# ── what stands in the way ───────────────────────────────────────────────────────────────────────


def _check_names(names: Iterable[str], found: Observed) -> None:
    strangers = [found.taken[name.lower()] for name in sorted(names) if name.lower() in found.taken]
    if strangers:
        raise GuardTaken(
            "\n".join(
                ["Policies of these names are there, and were not made by the kit:", *map("  {}".format, strangers)]
            ),
            hint="AWS allows a name only once in an account: detach and delete them (`aws iam list-entities-for-policy`"
            " tells who has them), then guard.",
        )


def _check_quota(found: Observed, ours: int) -> None:
    foreign = len(found.foreign) - len(found.group.inline if found.group else ())
    if ours + foreign > found.quota:
        of_others = f", and it has {foreign} of others" if foreign else ""
        raise AwsRefused(
            f"The guard needs {ours} policies, one or more for each service{of_others}; this account attaches no more"
            f" than {found.quota} to a group.",
            hint="Guard some services with a second --group and put the users into both, end some first with --prune,"
            " or have AWS raise the quota (Service Quotas, IAM, up to 20).",
        )
