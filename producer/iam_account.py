"""AWS IAM as whoever has the credentials here: it proves that credentials are dead, and ends what Vault can't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from producer.iam_users import IamUser
from vault_aws_kit import aws, clock

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

DENY_NAME = "vault-aws-kit-deny-older-sessions"


@dataclass(frozen=True)
class IamKey:
    """An access key of a user."""

    id: str
    created: datetime
    active: bool


@dataclass(frozen=True)
class IamAccount:
    """One AWS account. Every method raises AwsRefused or AwsUnreachable. Safe to use from several threads.

    `ahead` is how far AWS's clock is ahead of the one here, to the second; None where AWS told no time. `caller` is the
    ARN of whoever asks, as sts:GetCallerIdentity gives it.
    """

    account: str
    partition: str
    _iam: IAMClient = field(repr=False)
    ahead: timedelta | None = None
    caller: str = ""

    def now(self) -> datetime:
        """What time it is for AWS; by the clock here where it told none."""
        return clock.now() + (self.ahead or timedelta())

    def users(self, path: str = "/") -> list[IamUser]:
        """The users of exactly this path."""
        with aws.asked("iam:ListUsers"):
            pages = self._iam.get_paginator("list_users").paginate(PathPrefix=path, PaginationConfig={"PageSize": 1000})
            found = [IamUser(u["UserName"], u["Path"], u["CreateDate"]) for page in pages for u in page["Users"]]
        return [user for user in found if user.path == path]

    def exists(self, user: str) -> bool:
        """Asks for the user itself: a key can answer for some seconds after it is gone."""
        return self.find_user(user) is not None

    def find_user(self, name: str) -> IamUser | None:
        """The user of that name, which IAM may spell in other cases."""
        with aws.asked("iam:GetUser"):
            try:
                found = self._iam.get_user(UserName=name)["User"]
            except self._iam.exceptions.NoSuchEntityException:
                return None
        return IamUser(found["UserName"], found["Path"], found["CreateDate"])

    def arn_of(self, user: IamUser) -> str:
        return f"arn:{self.partition}:iam::{self.account}:user{user.path}{user.name}"

    def mfa_devices(self, user: str) -> tuple[str, ...]:
        """The serial numbers of the devices that a user has enabled; none where there is no such user."""
        with aws.asked("iam:ListMFADevices"):
            try:
                pages = self._iam.get_paginator("list_mfa_devices").paginate(UserName=user)
                return tuple(device["SerialNumber"] for page in pages for device in page["MFADevices"])
            except self._iam.exceptions.NoSuchEntityException:
                return ()

    def keys(self, user: str) -> list[IamKey]:
        """The access keys of a user; none where there is no such user."""
        with aws.asked("iam:ListAccessKeys"):
            try:
                found = self._iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
            except self._iam.exceptions.NoSuchEntityException:
                return []
        return [IamKey(key["AccessKeyId"], key["CreateDate"], key["Status"] == "Active") for key in found]

    def user_of(self, access_key_id: str) -> str:
        """The name of the user that a key belongs to, '' where this account doesn't know it."""
        with aws.asked("iam:GetAccessKeyLastUsed"):
            try:
                return self._iam.get_access_key_last_used(AccessKeyId=access_key_id).get("UserName") or ""
            except self._iam.exceptions.NoSuchEntityException:
                return ""

    def delete_user(self, user: str) -> None:
        """Delete a user with its keys, policies and memberships, keys first; one that is gone already is fine."""
        with aws.asked("iam:DeleteUser"):
            try:
                self._delete(user)
            except self._iam.exceptions.NoSuchEntityException:
                return

    def deny_older_sessions(self, *, role: str = "", user: str = "") -> datetime:
        """Deny everything to sessions of an IAM role, or made with an IAM user's key, that were issued before now.

        Returns that moment, by AWS's clock. Source:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
        """
        name, kind = (role, "Role") if role else (user, "User")
        with aws.asked(f"iam:Put{kind}Policy"):
            answer = self._iam.get_role(RoleName=name) if role else self._iam.get_user(UserName=name)
            now = aws.told_time(answer["ResponseMetadata"]["HTTPHeaders"]) or self.now()
            document = json.dumps(deny_document(now))
            if role:
                self._iam.put_role_policy(RoleName=name, PolicyName=DENY_NAME, PolicyDocument=document)
            else:
                self._iam.put_user_policy(UserName=name, PolicyName=DENY_NAME, PolicyDocument=document)
        return now

    @contextmanager
    def asked(self, action: str) -> Iterator[IAMClient]:
        """The client, to be asked for one action: `action` is what an error is to name."""
        with aws.asked(action):
            yield self._iam

    def _delete(self, user: str) -> None:
        iam = self._iam
        for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        for policy in iam.list_user_policies(UserName=user)["PolicyNames"]:
            iam.delete_user_policy(UserName=user, PolicyName=policy)
        for attached in iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]:
            iam.detach_user_policy(UserName=user, PolicyArn=attached["PolicyArn"])
        for group in iam.list_groups_for_user(UserName=user)["Groups"]:
            iam.remove_user_from_group(UserName=user, GroupName=group["GroupName"])
        iam.delete_user(UserName=user)


def open_account(profile: str = "") -> IamAccount:
    """The account of the AWS credentials here. Raises NoAwsCredentials, AwsRefused or AwsUnreachable."""
    return account_of(aws.identify(aws.open_session(profile)))


def account_of(caller: aws.Caller) -> IamAccount:
    """The account of whoever is calling."""
    iam = caller.session.client("iam", config=caller.config)
    return IamAccount(caller.account, caller.partition, iam, caller.ahead, caller.arn)


def deny_document(moment: datetime) -> dict[str, object]:
    """Denies what sessions issued before a moment ask for. Long-lived keys have no such time, and go on."""
    condition = {"DateLessThan": {"aws:TokenIssueTime": clock.timestamp(moment)}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [statement]}
