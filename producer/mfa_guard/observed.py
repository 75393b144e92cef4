"""What AWS has of a guard now, and what stands in its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from producer.iam_account import IamAccount
from producer.mfa_guard.documents import Account, Document, Enrolment, leaves_enrolment_open, service_of
from vault_aws_kit import IAM_PATH
from vault_aws_kit.errors import AwsRefused

QUOTA = 10
"""How many policies AWS attaches to a group where it doesn't say.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


@dataclass(frozen=True)
class FoundGroup:
    """A group: its members' names, the ARNs of its managed policies, the names of its inline ones."""

    arn: str
    path: str = IAM_PATH
    members: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundPolicy:
    """A policy of a guard. `uses` counts to how many users, groups and roles it is attached, as policy or boundary."""

    arn: str
    document: Document
    uses: int = 0


@dataclass(frozen=True)
class Observed:
    """`policies` are those of guards, by name; `taken` are the ARNs of policies with such a name that aren't ours."""

    account: Account
    group: FoundGroup | None = None
    policies: Mapping[str, FoundPolicy] = field(default_factory=dict)
    taken: Mapping[str, str] = field(default_factory=dict)
    quota: int = QUOTA

    @property
    def members(self) -> tuple[str, ...]:
        return self.group.members if self.group else ()

    @property
    def attached(self) -> dict[str, FoundPolicy]:
        """The guard's policies that the group has, by name."""
        arns = self.group.attached if self.group else ()
        return {name: policy for name, policy in self.policies.items() if policy.arn in arns}

    @property
    def foreign(self) -> list[str]:
        """What else the group has: the ARNs of managed policies, the names of inline ones."""
        if self.group is None:
            return []
        ours = {policy.arn for policy in self.policies.values()}
        return [*(arn for arn in self.group.attached if arn not in ours), *self.group.inline]

    @property
    def enrolment(self) -> Enrolment:
        """Who enrols users, by what the group's policies leave open."""
        return "self" if any(leaves_enrolment_open(one.document) for one in self.attached.values()) else "admin"

    @property
    def services(self) -> list[str]:
        """The services that the group guards."""
        return sorted({service_of(name) for name in self.attached})


def observe(iam: IamAccount, group: str) -> Observed:
    """Read a group and all policies of guards. Raises AwsRefused, AwsUnreachable."""
    account = Account(iam.account, iam.partition)
    found = _guard_policies(iam)
    ours = {one["PolicyName"]: one for one in found if one["Path"] == IAM_PATH and service_of(one["PolicyName"])}
    read = {name: _policy(iam, policy) for name, policy in sorted(ours.items())}
    return Observed(
        account,
        _group(iam, group),
        {name: policy for name, policy in read.items() if policy},
        {one["PolicyName"].lower(): one["Arn"] for one in found if one["PolicyName"] not in ours},
        _quota(iam),
    )


def _group(iam: IamAccount, name: str) -> FoundGroup | None:
    with iam.asked("iam:GetGroup") as client:
        try:
            pages = list(client.get_paginator("get_group").paginate(GroupName=name))
        except client.exceptions.NoSuchEntityException:
            return None
    group = pages[0]["Group"]
    with iam.asked("iam:ListAttachedGroupPolicies") as client:
        attached = client.get_paginator("list_attached_group_policies").paginate(GroupName=name)
        arns = sorted(one["PolicyArn"] for page in attached for one in page["AttachedPolicies"])
    with iam.asked("iam:ListGroupPolicies") as client:
        inline = client.get_paginator("list_group_policies").paginate(GroupName=name)
        names = sorted(one for page in inline for one in page["PolicyNames"])
    members = sorted(user["UserName"] for page in pages for user in page["Users"])
    return FoundGroup(group["Arn"], group["Path"], tuple(members), tuple(arns), tuple(names))


def _guard_policies(iam: IamAccount) -> Sequence[Mapping[str, Any]]:
    """The account's own policies that are called as a guard's are; AWS tells no two names apart by their case."""
    with iam.asked("iam:ListPolicies") as client:
        pages = client.get_paginator("list_policies").paginate(Scope="Local", PaginationConfig={"PageSize": 1000})
        return [
            one for page in pages for one in page["Policies"] if one["PolicyName"].lower().startswith("require_mfa_")
        ]


def _policy(iam: IamAccount, policy: Mapping[str, Any]) -> FoundPolicy | None:
    """None where it was deleted after it was listed."""
    with iam.asked("iam:GetPolicyVersion") as client:
        try:
            version = client.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        except client.exceptions.NoSuchEntityException:
            return None
    document: Any = version["PolicyVersion"]["Document"]
    uses = policy.get("AttachmentCount", 0) + policy.get("PermissionsBoundaryUsageCount", 0)
    return FoundPolicy(policy["Arn"], dict(document), uses)


def _quota(iam: IamAccount) -> int:
    try:
        with iam.asked("iam:GetAccountSummary") as client:
            return client.get_account_summary()["SummaryMap"].get("AttachedPoliciesPerGroupQuota", QUOTA)
    except AwsRefused:  # it may be done without
        return QUOTA
