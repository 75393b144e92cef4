"""The policies of a guard: for each service one that denies its writes to whoever has given no MFA code.

A guard only ever denies: what it doesn't deny still has to be allowed by something else.
Sources, below https://docs.aws.amazon.com/IAM/latest/UserGuide/: reference_policies_condition-keys.html for
aws:MultiFactorAuthPresent, and reference_policies_examples_aws_my-sec-creds-self-manage-mfa-only.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from producer.mfa_guard import actions
from producer.mfa_guard.compress import compress
from producer.policies import Limit, minify
from vault_aws_kit import IAM_PATH

Document: TypeAlias = Mapping[str, Any]
Enrolment: TypeAlias = Literal["admin", "self"]
"""Who makes and enables a user's device: an admin, or the user without MFA, and so whoever has the user's key."""

ENROLMENTS: tuple[Enrolment, ...] = get_args(Enrolment)

# The key is absent from requests with long-lived keys, and false in some of temporary ones: IfExists denies both.
WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}

ON_ONESELF = ("ChangePassword", "CreateVirtualMFADevice", "EnableMFADevice", "ResyncMFADevice")
"""What a user who enrols alone must be able to do before there is a device. Ending one is never among it."""

_NAME = re.compile(r"Require_MFA_(?P<service>[A-Z0-9-]+)_Write(_(?P<number>[2-9]|[1-9]\d+))?")


@dataclass(frozen=True)
class Account:
    """The AWS account that a guard is in."""

    id: str
    partition: str = "aws"

    def group(self, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.id}:group{IAM_PATH}{name}"

    def policy(self, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.id}:policy{IAM_PATH}{name}"

    @property
    def oneself(self) -> list[str]:
        """The caller's own user, whatever its path, and the one device that may be called as the user is."""
        own = f"arn:{self.partition}:iam::{self.id}:"
        return [f"{own}mfa/${{aws:username}}", f"{own}user/${{aws:username}}", f"{own}user/*/${{aws:username}}"]


@dataclass(frozen=True)
class GuardPolicy:
    """One managed policy of a guard."""

    name: str
    document: Document


def policies(service: str, enrolment: Enrolment, account: Account) -> list[GuardPolicy]:
    """The policies that guard a service: one, or several numbered ones where one would be too large for AWS."""
    own = ON_ONESELF if service == "iam" and enrolment == "self" else ()
    known = actions.known(service)
    denied = compress([name for name in actions.writes(service) if name not in own], known)
    statements = [_deny(service, denied)]
    if own:
        statements.append(_deny_on_others(service, own, account))
    return [
        GuardPolicy(policy_name(service, number), document)
        for number, document in enumerate(_documents(statements), start=1)
    ]


def policy_name(service: str, number: int = 1) -> str:
    """`Require_MFA_EC2_Write`, and `Require_MFA_EC2_Write_2` for what doesn't fit into it."""
    return f"Require_MFA_{service.upper()}_Write{f'_{number}' if number > 1 else ''}"


def service_of(name: str) -> str:
    """The service that a policy of this name guards, '' for any other name."""
    found = _NAME.fullmatch(name)
    return found["service"].lower() if found else ""


def leaves_enrolment_open(document: Document) -> bool:
    """Whether a guard's policy lets users without MFA enable a device of their own."""
    return any("NotResource" in statement for statement in document.get("Statement", ()))


def _documents(statements: Sequence[Document]) -> Iterator[Document]:
    """As few documents as hold the statements; a statement that is too large alone is divided."""
    whole = {"Version": "2012-10-17", "Statement": list(statements)}
    if len(minify(whole)) <= Limit.MANAGED.characters:
        yield whole
        return
    for part in _halves(statements):
        yield from _documents(part)


def _halves(statements: Sequence[Document]) -> Iterator[Sequence[Document]]:
    if len(statements) > 1:
        middle = len(statements) // 2
        yield from (statements[:middle], statements[middle:])
        return
    (one,) = statements
    middle = len(one["Action"]) // 2
    yield from ([{**one, "Action": part}] for part in (one["Action"][:middle], one["Action"][middle:]))


def _deny(service: str, patterns: Sequence[str]) -> Document:
    return {
        "Sid": "DenyWritesWithoutMFA",
        "Effect": "Deny",
        "Action": [f"{service}:{pattern}" for pattern in patterns],
        "Resource": "*",
        "Condition": WITHOUT_MFA,
    }


def _deny_on_others(service: str, own: Sequence[str], account: Account) -> Document:
    """What a user may do to itself is denied on everybody else."""
    return {
        "Sid": "DenyOthersDevicesWithoutMFA",
        "Effect": "Deny",
        "Action": [f"{service}:{name}" for name in own],
        "NotResource": account.oneself,
        "Condition": WITHOUT_MFA,
    }
