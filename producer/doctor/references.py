"""Whether AWS knows what the spec names: roles, policies, groups and users.

Only what can be in the account of the AWS credentials here is asked for; of all else nothing is said to be missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from producer.doctor.interface import Case, Check, Need
from producer.iam_account import IamAccount
from producer.rotate_root import key_in_vault
from producer.spec import Engine, Role
from producer.spec.lifetimes import STS_DEFAULT_TTL
from producer.spec.partitions import partition_of_arn
from vault_aws_kit import clock
from vault_aws_kit.errors import AwsError, KitError
from vault_aws_kit.findings import Finding
from vault_aws_kit.vault import PARALLEL

Kind: TypeAlias = Literal["role", "policy", "group", "user"]
_SHOWN = 5


@dataclass(frozen=True)
class Reference:
    """Something in AWS that a spec names. `account` is where it is, "aws" for AWS's own, '' where nobody knows.

    `longest` is the longest session, in seconds, that is asked of a role by default.
    """

    kind: Kind
    name: str
    account: str
    partition: str
    used_by: str
    longest: int = 0

    @property
    def short(self) -> str:
        """Its name without path and account."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True)
class Known:
    """What AWS knows under a reference's name; `arn` is '' for nothing, `longest` a role's MaxSessionDuration."""

    arn: str = ""
    longest: int = 0


class References(Check):
    title: ClassVar[str] = "What AWS has"
    needs: ClassVar[frozenset[Need]] = frozenset({"aws"})

    def look(self, case: Case) -> Iterator[Finding]:
        account = case.witness.account
        if account is None:
            return
        homes = {engine.name: _home(engine, case, account) for engine in case.spec.engines}
        own = (one for engine in case.spec.engines for one in of_engine(engine))
        of_roles = (one for role in case.spec.roles for one in references(role, case.spec.engine_named, homes))
        every = unique([*own, *of_roles])
        askable = [one for one in every if _is_in(one, account)]
        yield from judge_elsewhere([one for one in every if one not in askable], account.account)
        with ThreadPoolExecutor(PARALLEL) as pool:
            yield from pool.map(lambda one: _asked(one, account), askable)


def of_engine(engine: Engine) -> Iterator[Reference]:
    """The role that Vault takes itself where it has no key."""
    arn = str(engine.config.get("role_arn") or "")
    if arn:
        yield Reference("role", arn, arn.split(":")[4], partition_of_arn(arn), engine.name)


def references(role: Role, engines: Mapping[str, Engine], homes: Mapping[str, str]) -> Iterator[Reference]:
    """What one role names. `homes` are the accounts of the engines' own users and groups, '' where unknown."""
    partition, home = engines[role.engine].partition, homes[role.engine]
    for arn in role.role_arns:
        longest = role.default_ttl or STS_DEFAULT_TTL
        yield Reference("role", arn, arn.split(":")[4], partition_of_arn(arn), role.qualified, longest)
    for arn in filter(None, (*role.policy_arns, role.permissions_boundary)):
        yield Reference("policy", arn, arn.split(":")[4], partition_of_arn(arn), role.qualified)
    for group in role.groups:
        yield Reference("group", group, home, partition, role.qualified)
    if role.username:
        yield Reference("user", role.username, home, partition, role.qualified)


def unique(every: Iterable[Reference]) -> list[Reference]:
    """Each thing once, with all that use it, and the longest session that any of them asks for."""
    alike: defaultdict[tuple[str, str, str], list[Reference]] = defaultdict(list)
    for one in every:
        alike[one.kind, one.name, one.account].append(one)
    return [
        Reference(
            found[0].kind, found[0].name, found[0].account, found[0].partition,
            ", ".join(dict.fromkeys(one.used_by for one in found)), max(one.longest for one in found),
        )
        for found in alike.values()
    ]  # fmt: skip


def judge(wanted: Reference, known: Known) -> Finding:
    """Against what AWS has under that name."""
    subject = f"{wanted.kind} {wanted.name}"
    if not known.arn:
        told = f"AWS doesn't know it, and {wanted.used_by} needs it."
        return Finding("error", subject, told, "Create it, or correct the spec.")
    if wanted.kind == "role" and known.arn != wanted.name:
        told = f"AWS has only {known.arn}: the path is part of a role's ARN, and {wanted.used_by} lacks it."
        return Finding("error", subject, told, f"Write {known.arn} in the spec.")
    if wanted.kind == "role" and wanted.longest > known.longest:
        told = f"It allows sessions of {clock.duration(known.longest)}, and {wanted.used_by} asks for "
        remedy = "Raise its MaxSessionDuration in AWS, or shorten `ttl` in the spec."
        return Finding("error", subject, f"{told}{clock.duration(wanted.longest)}: AWS refuses that.", remedy)
    return Finding("ok", subject, "AWS knows it.")


def judge_elsewhere(others: Iterable[Reference], account: str) -> Iterator[Finding]:
    """What can't be seen from this account: one finding for each account that it is in."""
    by_account: defaultdict[str, list[str]] = defaultdict(list)
    for one in others:
        by_account[one.account].append(f"{one.kind} {one.name}")
    for where, names in sorted(by_account.items()):
        named = f"{', '.join(names[:_SHOWN])}{f' and {len(names) - _SHOWN} more' if names[_SHOWN:] else ''}"
        told = f"{named} can't be seen from {account}, whose AWS credentials are here."
        subject = f"account {where}" if where else "an account that isn't known here"
        yield Finding("skipped", subject, told, "Run it with AWS credentials of that account.")


# ── AWS ──────────────────────────────────────────────────────────────────────────────────────────


def _home(engine: Engine, case: Case, account: IamAccount) -> str:
    """The account at hand where Vault's key is of it: users and groups of an engine are in its key's account."""
    try:
        key = key_in_vault(engine, case.vault)
        return account.account if key and account.user_of(key) else ""
    except KitError:
        return ""


def _is_in(one: Reference, account: IamAccount) -> bool:
    return one.account in (account.account, "aws") and one.partition in ("", account.partition)


def _asked(one: Reference, account: IamAccount) -> Finding:
    try:
        return judge(one, _ASK[one.kind](account, one))
    except AwsError as error:
        return Finding("skipped", f"{one.kind} {one.name}", error.message, error.hint)


def _role(account: IamAccount, one: Reference) -> Known:
    with account.asked("iam:GetRole") as iam:
        try:
            found = iam.get_role(RoleName=one.short)["Role"]
        except iam.exceptions.NoSuchEntityException:
            return Known()
    return Known(found["Arn"], found.get("MaxSessionDuration", STS_DEFAULT_TTL))


def _policy(account: IamAccount, one: Reference) -> Known:
    with account.asked("iam:GetPolicy") as iam:
        try:
            return Known(iam.get_policy(PolicyArn=one.name)["Policy"]["Arn"])
        except iam.exceptions.NoSuchEntityException:
            return Known()


def _group(account: IamAccount, one: Reference) -> Known:
    with account.asked("iam:GetGroup") as iam:
        try:
            return Known(iam.get_group(GroupName=one.name, MaxItems=1)["Group"]["Arn"])
        except iam.exceptions.NoSuchEntityException:
            return Known()


def _user(account: IamAccount, one: Reference) -> Known:
    return Known(one.name if account.exists(one.name) else "")


_ASK: Mapping[Kind, Callable[[IamAccount, Reference], Known]] = {
    "role": _role,
    "policy": _policy,
    "group": _group,
    "user": _user,
}
