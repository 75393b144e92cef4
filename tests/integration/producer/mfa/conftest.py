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


@pytest.fixture
def account(stack, aws, judge, strict_aws_address, monkeypatch) -> GuardedAws:
    """The account, whose only user is `admin`; the test's environment holds that user's key."""
    number = f"{random.randrange(10**11, 10**12)}"
    role = f"arn:aws:iam::{number}:role/nobody"
    made = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    root = aws.client("iam", made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
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
