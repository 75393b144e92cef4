"""Which MFA device a user has, as IAM says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_aws_kit.aws import asked
from vault_aws_kit.errors import AwsRefused, DeviceUnknown
from vault_aws_kit.mfa import Owner

if TYPE_CHECKING:
    from consumer.mfa.key import Key


def owner_of(key: Key) -> str:
    """The ARN of whose key it is, which anybody may ask. Raises AwsRefused, AwsUnreachable."""
    with asked("sts:GetCallerIdentity"):
        return str(key.client("sts").get_caller_identity()["Arn"])


def look_up(key: Key) -> Owner:
    """Who a key belongs to, with all devices. Raises DeviceUnknown where IAM lists none to them, AwsRefused, …"""
    arn = owner_of(key)
    try:
        return Owner(arn, _listed_by_iam(key, arn))
    except AwsRefused as error:
        raise DeviceUnknown(
            f"Which MFA device {arn} has can't be seen. {error.message}",
            hint="Say which it is with --serial, or in the profile with mfa_serial; the ARN stands in AWS's console.",
        ) from None


def _listed_by_iam(key: Key, arn: str) -> tuple[str, ...]:
    """By the user's name, as policies may allow it for that alone; the root user has none."""
    who = {} if arn.endswith(":root") else {"UserName": arn.rpartition("/")[2]}
    with asked("iam:ListMFADevices"):
        pages = key.client("iam").get_paginator("list_mfa_devices").paginate(**who)
        return tuple(str(device["SerialNumber"]) for page in pages for device in page["MFADevices"])
