"""Whether whoever changes a guard locks themselves out of taking it back: asked before, afterwards may be too late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from producer.iam_account import IamAccount
from producer.mfa_guard.simulation import Question, Simulator
from vault_aws_kit.errors import AwsError

if TYPE_CHECKING:
    from producer.mfa_guard.observed import Observed
    from producer.mfa_guard.plan import Plan

OF_GROUPS = ("iam:DeleteGroup", "iam:DetachGroupPolicy", "iam:RemoveUserFromGroup")
OF_POLICIES = ("iam:DeletePolicy", "iam:DeletePolicyVersion")
_UNDER_IT = "You come under this guard yourself ({user}): from then on you need an MFA session to change or undo it."


def principal(iam: IamAccount) -> str:
    """The ARN of the IAM user or the IAM role behind the credentials here; '' for root and federated users, whom AWS
    judges not."""
    kind, _, rest = iam.caller.split(":", 5)[5].partition("/")
    if kind == "user":
        return iam.caller
    if kind == "assumed-role":  # its ARN lacks the role's path
        with iam.asked("iam:GetRole") as client:
            return client.get_role(RoleName=rest.partition("/")[0])["Role"]["Arn"]
    return ""


def by_plan(plan: Plan, found: Observed, iam: IamAccount) -> list[str]:
    """What the caller should know before a plan is carried out."""
    return list(_warnings(plan, found, iam)) if plan else []


def by_membership(group: str, users: Sequence[str], iam: IamAccount) -> list[str]:
    """The same before users are put into a group, whose ARN it is."""
    yourself = [_UNDER_IT.format(user=user) for user in users if user.lower() == _user(iam).lower()]
    return [*_lacking(iam, [(("iam:RemoveUserFromGroup",), [group])], "take users out again"), *yourself]


def _warnings(plan: Plan, found: Observed, iam: IamAccount) -> Iterator[str]:
    group = found.account.group(plan.group)
    policies = [step.path for step in plan.steps if step.kind == "iam-policy"]
    yield from _lacking(iam, [(OF_GROUPS, [group]), (OF_POLICIES, policies)], "undo this")
    if _user(iam) in found.members:
        yield _UNDER_IT.format(user=_user(iam))


def _user(iam: IamAccount) -> str:
    return iam.caller.rpartition("/")[2] if ":user/" in iam.caller else ""


def _lacking(iam: IamAccount, needed: Sequence[tuple[Sequence[str], list[str]]], what: str) -> Iterator[str]:
    """Judged as with MFA: whoever is under a guard can have a session."""
    try:
        who = principal(iam)
        if not who:
            return
        ask = Simulator(iam)
        lacking = [
            action
            for actions, resources in needed
            for action, decision in ask.decide(Question(who, actions, "true", resources)).items()
            if decision != "allowed"
        ]
    except AwsError as error:
        yield f"Whether you may {what} is not known: {error.message}"
        return
    if lacking:
        yield f"You may not {what}: AWS allows you no {', '.join(sorted(lacking))}. Have somebody at hand who may."
