"""AWS's own judgement of what a principal may do: iam:SimulatePrincipalPolicy, with an MFA context or without.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from producer.iam_account import IamAccount
from vault_aws_kit.errors import AwsRefused

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import ContextEntryTypeDef

Actions: TypeAlias = tuple[str, ...]
Decision: TypeAlias = Literal["allowed", "explicitDeny", "implicitDeny"]
Mfa: TypeAlias = Literal["absent", "false", "true"]
"""What a request says of MFA: those with a plain key say nothing, those of some sessions say that there was none."""

BATCH = 100  # actions in one request
TOGETHER = "require different authorization information"
"""What AWS says of actions that it doesn't judge in one request; by what rule isn't documented."""
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


@dataclass(frozen=True)
class Simulator:
    """Asks AWS, and remembers which actions it doesn't judge in one request."""

    iam: IamAccount
    _parts: dict[Actions, tuple[Actions, ...]] = field(default_factory=dict)

    def decide(self, question: Question) -> dict[str, Decision]:
        """AWS's decision for each action; of several resources the worst. Raises AwsRefused, AwsUnreachable."""
        found: dict[str, Decision] = {}
        for start in range(0, len(question.actions), BATCH):
            for one in self._judged(question, tuple(question.actions[start : start + BATCH])):
                if found.get(one["EvalActionName"], "allowed") == "allowed":
                    found[one["EvalActionName"]] = one["EvalDecision"]
        return found

    def _judged(self, question: Question, actions: Actions) -> list[Any]:
        if actions not in self._parts:
            try:
                return self._asked(question, actions)
            except AwsRefused as error:
                if TOGETHER not in error.message or len(actions) == 1:
                    raise
                self._parts[actions] = tuple(divided(actions, error.message))
        return [one for part in self._parts[actions] for one in self._judged(question, part)]

    def _asked(self, question: Question, actions: Actions) -> list[Any]:
        with self.iam.asked("iam:SimulatePrincipalPolicy") as client:
            pages = client.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=question.principal,
                ActionNames=list(actions),
                ResourceArns=list(question.resources),
                PolicyInputList=list(question.policies),
                ContextEntries=_context(question.mfa),
            )
            return [one for page in pages for one in page["EvaluationResults"]]


def divided(actions: Actions, said: str) -> Iterator[Actions]:
    """Smaller questions than one that AWS refused: by the groups that it names, and by half where it names none."""
    named = [set(group.replace(" ", "").split(",")) for group in re.findall(r"\[([^\]]+)\]", said)]
    groups = [tuple(action for action in actions if action in group) for group in named]
    groups = [group for group in groups if group]
    if len(groups) > 1 and sorted(action for group in groups for action in group) == sorted(actions):
        yield from groups
        return
    middle = len(actions) // 2
    yield from (actions[:middle], actions[middle:])


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
