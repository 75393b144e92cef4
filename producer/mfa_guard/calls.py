"""Writes that change nothing whatever AWS answers, so that they can be tried for real."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from producer.mfa_guard.verify import Verdict
from vault_aws_kit.aws import asked
from vault_aws_kit.errors import AwsRefused

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

    Call = Callable[[boto3.Session, Config, str], bool]


def try_calls(
    services: Sequence[str], plain: boto3.Session, with_mfa: boto3.Session | None, config: Config
) -> list[Verdict]:
    """One write of each service that has a harmless one, by a plain key, and by a session with MFA where there is one.

    Raises AwsRefused for an answer that says neither yes nor no; AwsUnreachable.
    """
    return [_try(service, plain, with_mfa, config) for service in services if service in CALLS]


def _try(service: str, plain: boto3.Session, with_mfa: boto3.Session | None, config: Config) -> Verdict:
    action, call = CALLS[service]
    name = f"vault-aws-kit-verify-{secrets.token_hex(8)}"  # nobody has anything of this name
    without = call(plain, config, name)
    also = int(call(with_mfa, config, name)) if with_mfa else None
    return Verdict(service, "call", 1, (action,) if without else (), also)


def _create_key_pair(session: boto3.Session, config: Config, name: str) -> bool:
    """With DryRun EC2 says whether it would, and doesn't."""
    return _answered(
        "ec2:CreateKeyPair",
        lambda: session.client("ec2", config=config).create_key_pair(KeyName=name, DryRun=True),
        yes="DryRunOperation",
        no="UnauthorizedOperation",
    )


def _delete_group(session: boto3.Session, config: Config, name: str) -> bool:
    """Of a group that isn't there: IAM says so only to whoever might delete it."""
    return _answered(
        "iam:DeleteGroup",
        lambda: session.client("iam", config=config).delete_group(GroupName=name),
        yes="NoSuchEntity",
        no="AccessDenied",
    )


def _answered(action: str, call: Callable[[], object], *, yes: str, no: str) -> bool:
    try:
        with asked(action):
            call()
    except AwsRefused as error:
        if error.code not in (yes, no):
            raise
        return error.code == yes
    return True


CALLS: Mapping[str, tuple[str, Call]] = {
    "ec2": ("ec2:CreateKeyPair", _create_key_pair),
    "iam": ("iam:DeleteGroup", _delete_group),
}
