"""An AWS account of the test's own, in which policies bind, and the producer run in it as its admin."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from producer.cli import main
from tests import npm
from tests.integration.producer.conftest import Run

from .guarded_aws import GuardedAws, Key
from .judge import ALL, PACKAGE, Judge


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    judge = Judge(npm.installed(PACKAGE))
    yield judge
    judge.close()


@pytest.fixture(scope="session")
def number() -> str:
    """The number of an account that no other process of the tests uses; making one takes the endpoint a second."""
    return f"{random.randrange(10**11, 10**12)}"


@pytest.fixture
def root(aws, number) -> Iterator[Any]:
    """IAM of that account as somebody whom no policy binds. What is in it afterwards goes."""
    role = f"arn:aws:iam::{number}:role/nobody"
    made = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    iam = aws.client("iam", made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    yield iam
    empty(iam)


def empty(iam: Any) -> None:
    """Delete all users, groups and policies of an account."""
    for group in iam.list_groups()["Groups"]:
        delete_group(iam, group["GroupName"])
    for device in iam.list_virtual_mfa_devices()["VirtualMFADevices"]:
        if user := device.get("User"):
            iam.deactivate_mfa_device(UserName=user["UserName"], SerialNumber=device["SerialNumber"])
        iam.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])
    for user in iam.list_users()["Users"]:
        delete_user(iam, user["UserName"])
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        delete_policy(iam, policy["Arn"])


def delete_group(iam: Any, group: str) -> None:
    for user in iam.get_group(GroupName=group)["Users"]:
        iam.remove_user_from_group(GroupName=group, UserName=user["UserName"])
    for policy in iam.list_attached_group_policies(GroupName=group)["AttachedPolicies"]:
        iam.detach_group_policy(GroupName=group, PolicyArn=policy["PolicyArn"])
    iam.delete_group(GroupName=group)


def delete_policy(iam: Any, arn: str) -> None:
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)


def delete_user(iam: Any, user: str) -> None:
    """Delete a user who is in no group and has no device."""
    for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=user)["PolicyNames"]:
        iam.delete_user_policy(UserName=user, PolicyName=policy)
    iam.delete_user(UserName=user)


@pytest.fixture
def account(stack, number, root, judge, strict_aws_address, monkeypatch) -> GuardedAws:
    """The account, whose only user is `admin`; the test's environment holds that user's key."""
    address, handler = strict_aws_address
    account = GuardedAws(stack, address, account=number, root=root, judge=judge)
    handler.strict = account
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    for service in ("IAM", "STS", "EC2"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", address)
    become(account.user("admin", ALL), monkeypatch)
    return account


def become(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, the test's environment holds this key."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


@pytest.fixture
def mfa(account, capfd) -> Callable[..., Run]:
    """Runs `producer mfa VERB …`."""

    def run(*argv: str) -> Run:
        capfd.readouterr()
        code = main(["mfa", *argv])
        said = capfd.readouterr()
        return Run(code, said.out, said.err)

    return run


@pytest.fixture
def everything(account) -> Callable[[], dict[str, Any]]:
    """What IAM of the account holds, but for what it made up itself: IDs, dates, versions' numbers."""

    def look() -> dict[str, Any]:
        found = account.root.get_account_authorization_details(Filter=["User", "Group", "LocalManagedPolicy"])
        return {
            "users": {one["UserName"]: sorted(one["GroupList"]) for one in found["UserDetailList"]},
            "groups": {
                one["Arn"]: sorted(policy["PolicyArn"] for policy in one["AttachedManagedPolicies"])
                for one in found["GroupDetailList"]
            },
            "policies": {
                one["Arn"]: next(v["Document"] for v in one["PolicyVersionList"] if v["IsDefaultVersion"])
                for one in found["Policies"]
            },
        }

    return look
