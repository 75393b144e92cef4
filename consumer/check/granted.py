"""Whether the token's policies grant what the catalog offers: credentials of each role, and giving them back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from consumer.check.interface import Case, Check
from consumer.issue import path_of
from vault_aws_kit.findings import Finding

if TYPE_CHECKING:
    from vault_aws_kit.contract import RoleEntry

May: TypeAlias = Mapping[str, AbstractSet[str]]

_ASK = "Ask the platform team to run `producer setup`, which writes the policy and the catalog alike."
LEASES: Mapping[str, str] = {
    "sys/leases/revoke": "`exec` and `serve` can't give credentials back: an IAM user's key stays until its lease ends",
    "sys/leases/renew": "`exec` and `serve` can't renew a lease: credentials end with its first TTL",
}


class Granted(Check):
    title: ClassVar[str] = "Roles"
    needs_vault: ClassVar[bool] = True

    def look(self, case: Case) -> Iterator[Finding]:
        paths = [path for role in case.roles for path in (path_of(role), sts_place(role)) if path]
        may = case.may([*paths, *LEASES])
        yield from judge([(case.name_of(role), role) for role in case.roles], may)


def sts_place(role: RoleEntry) -> str:
    """Where Terraform's vault provider asks for a session, '' for roles that give none."""
    return f"{role.mount}/sts/{role.name}" if role.sts else ""


def judge(roles: Sequence[tuple[str, RoleEntry]], may: May) -> Iterator[Finding]:
    """`roles` by the names that people use, `may` what the token may do on each of their paths and of LEASES."""
    for name, role in roles:
        yield _judge_role(name, role, may)
    if not roles:
        yield Finding("error", "roles", "The catalog offers this token no role.", "Ask the platform team for some.")
    if any(role.type == "iam_user" for _, role in roles):
        yield from (_lease(path, what) for path, what in LEASES.items() if not _has(may[path], "update"))


def _judge_role(name: str, role: RoleEntry, may: May) -> Finding:
    if not _has(may[path_of(role)], "read"):
        told = f"The catalog offers it, but none of the token's policies grants `read` on {path_of(role)}."
        return Finding("error", name, told, _ASK)
    if len(role.role_arns) > 1 and not _has(may[path_of(role)], "update"):
        told = f"It stands for several AWS roles, and none can be chosen without `update` on {path_of(role)}."
        return Finding("error", name, told, _ASK)
    if role.sts and not _has(may[sts_place(role)], "update"):
        told = f'Rendered Terraform can\'t use it: its `type = "sts"` needs `update` on {sts_place(role)}.'
        return Finding("warning", name, told, _ASK)
    return Finding("ok", name, "The token's policies grant its credentials.")


def _lease(path: str, what: str) -> Finding:
    return Finding("warning", "leases", f"The token lacks `update` on {path}, so that {what}.", _ASK)


def _has(found: AbstractSet[str], capability: str) -> bool:
    return bool(found & {capability, "root"})
