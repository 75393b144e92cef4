"""Which MFA device a user has, as IAM says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_aws_kit.aws import asked
from vault_aws_kit.errors import AwsRefused, DeviceUnknown

if TYPE_CHECKING:
    from consumer.mfa.key import Key

SECURITY_KEY = ":u2f/"
"""In the ARNs of security keys and passkeys: AWS takes those in its console alone, and no API has a code of them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html"""


@dataclass(frozen=True)
class Owner:
    """Who a key belongs to, by ARN, and the serial numbers of the MFA devices that IAM lists for them."""

    arn: str
    serials: tuple[str, ...] = ()

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(":root")

    @property
    def with_codes(self) -> list[str]:
        return [serial for serial in self.serials if SECURITY_KEY not in serial]

    def device(self) -> str:
        """The one device that gives codes. Raises DeviceUnknown."""
        found = self.with_codes
        if len(found) == 1:
            return found[0]
        if found:
            raise DeviceUnknown(
                f"{self.arn} has {len(found)} MFA devices.",
                hint=f"Say which one: {' or '.join(f'--serial {serial}' for serial in found)}.",
            )
        raise none(self)


def none(owner: Owner) -> DeviceUnknown:
    if owner.serials:
        return DeviceUnknown(
            f"{owner.arn} has {_listed(owner.serials)} for MFA: a security key has no codes, and AWS takes it in the "
            "console alone.",
            hint="Have a virtual device besides it: `producer mfa enroll`, or in AWS's console.",
        )
    return DeviceUnknown(
        f"{owner.arn} has no MFA device.", hint="Have one enrolled: `producer mfa enroll`, or in AWS's console."
    )


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


def _listed(serials: Sequence[str]) -> str:
    return ", ".join(serials)
