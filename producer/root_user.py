"""The IAM user behind an engine's root key, in AWS: found, made and mended by whoever has the AWS credentials here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from producer.iam_account import IamAccount
from producer.root_policy import MARK, RootUser, minified
from vault_aws_kit.errors import RootUserTaken

VERSIONS = 5  # of one managed policy, which AWS keeps at most


@dataclass(frozen=True)
class FoundUser:
    """A root user as AWS has it. `documents` are those of the policies that the kit attached, in order."""

    arn: str
    owner: str
    boundary: str
    documents: tuple[Mapping[str, Any], ...]


def find_user(account: IamAccount, user: RootUser) -> FoundUser | None:
    """The user, None where there is none. Raises RootUserTaken for one that was not made for this engine."""
    with account.asked("iam:GetUser") as iam:
        try:
            found = iam.get_user(UserName=user.name)["User"]
        except iam.exceptions.NoSuchEntityException:
            return None
        tags = {tag["Key"]: tag["Value"] for tag in iam.list_user_tags(UserName=user.name)["Tags"]}
    owner = tags.get(MARK, "")
    if owner != user.owner or found["Path"] != user.path:
        made_for = f"for {owner}" if owner else "by somebody else"
        raise RootUserTaken(
            f"There is an IAM user {found['Arn']} already, made {made_for}.",
            hint="Choose another name with --user, or delete that user.",
        )
    boundary = (found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn", "")
    return FoundUser(found["Arn"], owner, boundary, tuple(_documents(account, user)))


def make_user(account: IamAccount, user: RootUser, boundary: str) -> None:
    more: dict[str, Any] = {"PermissionsBoundary": boundary} if boundary else {}
    with account.asked("iam:CreateUser") as iam:
        iam.create_user(UserName=user.name, Path=user.path, Tags=[{"Key": MARK, "Value": user.owner}], **more)


def write_policies(account: IamAccount, user: RootUser, documents: Sequence[Mapping[str, Any]]) -> None:
    """Make the user's policies exactly these. One that is already there gets another version."""
    names = [f"{user.name}-{number}" for number in range(1, len(documents) + 1)]
    for name, document in zip(names, documents, strict=True):
        _write_policy(account, user, name, minified(document))
    with account.asked("iam:DetachUserPolicy") as iam:
        for arn in _attached(account, user):
            if arn.rpartition("/")[2] not in names:
                iam.detach_user_policy(UserName=user.name, PolicyArn=arn)


def make_key(account: IamAccount, user: RootUser) -> tuple[str, str]:
    """A new access key: its ID and its secret."""
    with account.asked("iam:CreateAccessKey") as iam:
        key = iam.create_access_key(UserName=user.name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def delete_keys(account: IamAccount, user: RootUser, *, but: str) -> list[str]:
    """Delete every key but one, and return their IDs."""
    doomed = [key.id for key in account.keys(user.name) if key.id != but]
    for key in doomed:
        with account.asked("iam:DeleteAccessKey") as iam:
            iam.delete_access_key(UserName=user.name, AccessKeyId=key)
    return doomed


def _write_policy(account: IamAccount, user: RootUser, name: str, text: str) -> None:
    arn = f"arn:{user.partition}:iam::{user.account}:policy{user.path}{name}"
    with account.asked("iam:CreatePolicy") as iam:
        try:
            iam.create_policy(PolicyName=name, Path=user.path, PolicyDocument=text)
        except iam.exceptions.EntityAlreadyExistsException:
            versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
            old = sorted((one for one in versions if not one["IsDefaultVersion"]), key=lambda one: one["CreateDate"])
            if len(versions) >= VERSIONS:
                iam.delete_policy_version(PolicyArn=arn, VersionId=old[0]["VersionId"])
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
    with account.asked("iam:AttachUserPolicy") as iam:
        iam.attach_user_policy(UserName=user.name, PolicyArn=arn)


def _attached(account: IamAccount, user: RootUser) -> list[str]:
    """The policies of the kit's own names; what else a person attached (for federation tokens) is left alone."""
    own = f":policy{user.path}{user.name}-"
    with account.asked("iam:ListAttachedUserPolicies") as iam:
        found = iam.list_attached_user_policies(UserName=user.name)["AttachedPolicies"]
    return sorted(one["PolicyArn"] for one in found if own in one["PolicyArn"])


def _documents(account: IamAccount, user: RootUser) -> list[Mapping[str, Any]]:
    documents: list[Mapping[str, Any]] = []
    for arn in _attached(account, user):
        with account.asked("iam:GetPolicyVersion") as iam:
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        documents.append(dict(found))  # type: ignore[arg-type]  # boto3 gives the parsed JSON
    return documents
