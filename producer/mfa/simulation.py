"""AWS's own judgement of what a principal may do: iam:SimulatePrincipalPolicy, with an MFA context or without.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from producer.iam_account import IamAccount

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import ContextEntryTypeDef

Decision: TypeAlias = Literal["allowed", "explicitDeny", "implicitDeny"]
Mfa: TypeAlias = Literal["absent", "false", "true"]
"""What a request says of MFA: those with a plain key say nothing, those of some sessions say that there was none."""

BATCH = 100  # actions in one request
ANY = ("*",)
EVERYTHING_ALLOWED = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@dataclass(frozen=True)
class Question:
    """What is asked of a principal. `policies` are documents that it is judged with as if it had them too."""

    principal: str
    actions: Sequence[str]
    mfa: Mfa
    resources: Sequence[str] = ANY
    policies: Sequence[str] = ()


def simulate(iam: IamAccount, question: Question) -> dict[str, Decision]:
    """AWS's decision for each action; of several resources the worst. Raises AwsRefused, AwsUnreachable."""
    found: dict[str, Decision] = {}
    for start in range(0, len(question.actions), BATCH):
        for one in _batch(iam, question, question.actions[start : start + BATCH]):
            action, decision = one["EvalActionName"], one["EvalDecision"]
            if found.get(action, "allowed") == "allowed":
                found[action] = decision
    return found


def _batch(iam: IamAccount, question: Question, actions: Sequence[str]) -> list[Any]:
    with iam.asked("iam:SimulatePrincipalPolicy") as client:
        pages = client.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=question.principal,
            ActionNames=list(actions),
            ResourceArns=list(question.resources),
            PolicyInputList=list(question.policies),
            ContextEntries=_context(question.mfa),
        )
        return [one for page in pages for one in page["EvaluationResults"]]


def _context(mfa: Mfa) -> list[ContextEntryTypeDef]:
    if mfa == "absent":
        return []
    return [
        {
            "ContextKeyName": "aws:MultiFactorAuthPresent",
            "ContextKeyType": "boolean",
            "ContextKeyValues": [mfa],
        }
    ]
