"""Carrying out a plan for a guard. A run killed anywhere is run again: what is done is seen, and the rest follows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from producer.iam_account import IamAccount
from producer.mfa_guard.documents import service_of
from producer.mfa_guard.plan import Change, Kind, Plan, Verb
from producer.policies import minify
from vault_aws_kit import IAM_PATH
from vault_aws_kit.errors import AwsRefused, PlanStale

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

VERSIONS = 5  # of one managed policy, which AWS keeps at most
PAUSES = (1.0, 2.0, 4.0)  # seconds
MOVED = ("NoSuchEntity", "EntityAlreadyExists", "DeleteConflict", "EntityTemporarilyUnmodifiable")
"""What AWS answers where somebody else was at work since the plan was made."""


def apply(plan: Plan, iam: IamAccount, progress: Callable[[Change], None] = lambda _: None) -> None:
    """Carry out each step in its order.

    Raises PlanStale where somebody else changed the same things meanwhile; AwsRefused, AwsUnreachable.
    """
    for step in plan.changes:
        action, do = _DO[step.kind, step.verb]
        with told(action, str(step)), iam.asked(f"iam:{action}") as client:
            _patiently(partial(do, client, plan.group, step))
        progress(step)


@contextmanager
def told(action: str, doing: str) -> Iterator[None]:
    """Turns what AWS refuses into what it means here."""
    try:
        yield
    except AwsRefused as error:
        raise _explained(error, action, doing) from None


def _patiently(do: Callable[[], None]) -> None:
    """IAM knows some seconds later what it has just been told. Source:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""
    from botocore.exceptions import ClientError

    for pause in PAUSES:
        try:
            return do()
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NoSuchEntity", "DeleteConflict"):
                raise
        time.sleep(pause)
    return do()


def _explained(error: AwsRefused, action: str, doing: str) -> AwsRefused | PlanStale:
    if error.code in MOVED:
        return PlanStale(
            f"Somebody else is changing this guard: {error.message} ({doing})",
            hint="What was done until then stays. Run the same command again: it goes on from what is there now.",
        )
    if "explicit deny" in error.message:
        error.hint = (
            f"A guard may be what denies iam:{action} to you: take an MFA session first (`consumer mfa login`)."
            " What was done until then stays; run the same command again."
        )
    return error


def _create_policy(client: IAMClient, _: str, step: Change) -> None:
    service = service_of(step.name)
    client.create_policy(
        PolicyName=step.name,
        Path=IAM_PATH,
        PolicyDocument=minify(step.after or {}),
        Description=f"Denies writes of {service} without MFA. Made by vault-aws-kit's producer mfa guard.",
    )


def _update_policy(client: IAMClient, _: str, step: Change) -> None:
    """By a new version; the oldest of those that aren't in use makes room for it."""
    versions = client.list_policy_versions(PolicyArn=step.path)["Versions"]
    old = sorted((one for one in versions if not one["IsDefaultVersion"]), key=lambda one: one["CreateDate"])
    if len(versions) >= VERSIONS:
        client.delete_policy_version(PolicyArn=step.path, VersionId=old[0]["VersionId"])
    client.create_policy_version(PolicyArn=step.path, PolicyDocument=minify(step.after or {}), SetAsDefault=True)


def _delete_policy(client: IAMClient, _: str, step: Change) -> None:
    for version in client.list_policy_versions(PolicyArn=step.path)["Versions"]:
        if not version["IsDefaultVersion"]:
            client.delete_policy_version(PolicyArn=step.path, VersionId=version["VersionId"])
    client.delete_policy(PolicyArn=step.path)


def _create_group(client: IAMClient, group: str, _: Change) -> None:
    client.create_group(GroupName=group, Path=IAM_PATH)


def _delete_group(client: IAMClient, group: str, _: Change) -> None:
    client.delete_group(GroupName=group)


def _attach(client: IAMClient, group: str, step: Change) -> None:
    client.attach_group_policy(GroupName=group, PolicyArn=step.policy)


def _detach(client: IAMClient, group: str, step: Change) -> None:
    client.detach_group_policy(GroupName=group, PolicyArn=step.policy)


def _leave(client: IAMClient, group: str, step: Change) -> None:
    client.remove_user_from_group(GroupName=group, UserName=step.name)


_DO: Mapping[tuple[Kind, Verb], tuple[str, Callable[[IAMClient, str, Change], None]]] = {
    ("iam-policy", "create"): ("CreatePolicy", _create_policy),
    ("iam-policy", "update"): ("CreatePolicyVersion", _update_policy),
    ("iam-policy", "delete"): ("DeletePolicy", _delete_policy),
    ("iam-group", "create"): ("CreateGroup", _create_group),
    ("iam-group", "delete"): ("DeleteGroup", _delete_group),
    ("attachment", "create"): ("AttachGroupPolicy", _attach),
    ("attachment", "delete"): ("DetachGroupPolicy", _detach),
    ("membership", "delete"): ("RemoveUserFromGroup", _leave),
}
