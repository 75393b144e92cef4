"""Virtual MFA devices in IAM whose seed Vault keeps: their path and name say that they are ours, and where the seed is.

A device is named USER-HOME-NONCE: `home` stands for one key of one Vault's TOTP engine, so that two Vaults never take
each other's devices for leftovers.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from producer.iam_account import IamAccount
from producer.mfa_device.seed import Seed
from vault_aws_kit import IAM_PATH
from vault_aws_kit.errors import AwsRefused, IamUserUnknown, MfaDevicesInTheWay
from vault_aws_kit.totp import PERIOD

MOST = 8
"""Devices that AWS gives a user: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
TRIES = 3
SOON = 2.0  # seconds


@dataclass(frozen=True)
class Devices:
    """The devices of one IAM user. `home` is '' where there is no TOTP engine yet, and so no device of ours.

    Every method raises AwsRefused and AwsUnreachable.
    """

    account: IamAccount
    user: str
    home: str

    def assigned(self) -> tuple[str, ...]:
        """The serial numbers of the user's devices, of every kind; none where there is no such user."""
        return self.account.mfa_devices(self.user)

    def unassigned(self) -> list[str]:
        """Devices of ours that were made and never enabled, or were deactivated and not yet deleted."""
        with self.account.asked("iam:ListVirtualMFADevices") as iam:
            pages = iam.get_paginator("list_virtual_mfa_devices").paginate(AssignmentStatus="Unassigned")
            found = [device["SerialNumber"] for page in pages for device in page["VirtualMFADevices"]]
        return [serial for serial in found if self.is_own(serial)]

    def is_own(self, serial: str) -> bool:
        """Whether a device's seed is kept in this home."""
        own = rf"arn:[\w-]+:iam::{self.account.account}:mfa{IAM_PATH}[^/]+-{self.home}-[0-9a-f]{{8}}"
        return bool(self.home) and re.fullmatch(own, serial) is not None

    def new_serial(self) -> str:
        name = f"{self.user}-{self.home}-{secrets.token_hex(4)}"
        return f"arn:{self.account.partition}:iam::{self.account.account}:mfa{IAM_PATH}{name}"

    def create(self, serial: str) -> Seed:
        """Make a device, which is nobody's yet. AWS says its seed this once, and never again."""
        with self.account.asked("iam:CreateVirtualMFADevice") as iam, _answers_not_logged():
            answer = iam.create_virtual_mfa_device(Path=IAM_PATH, VirtualMFADeviceName=serial.rpartition("/")[2])
        return Seed(answer["VirtualMFADevice"]["Base32StringSeed"].decode())

    def enable(self, serial: str, seed: Seed, say: Callable[[str], None]) -> None:
        """Make a device the user's, by two consecutive codes: the last one and the present one, by AWS's clock.

        Where AWS doesn't take them it is asked again in the next period: it may have seen one of them already.
        """
        for attempt in range(1, TRIES + 1):
            first, second = seed.two_codes(self.account.now())
            try:
                with self.account.asked("iam:EnableMFADevice") as iam:
                    iam.enable_mfa_device(
                        UserName=self.user, SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second
                    )
            except AwsRefused as error:
                wait = self._until_next_try(error)
                if wait is None or attempt == TRIES:
                    raise
                say(f"AWS doesn't take the device's codes yet; trying again in {wait:.0f} s …")
                time.sleep(wait)
            else:
                return

    def remove(self, serial: str) -> None:
        """Take a device from the user and delete it; what is gone already is fine."""
        with self.account.asked("iam:DeactivateMFADevice") as iam, suppress(iam.exceptions.NoSuchEntityException):
            iam.deactivate_mfa_device(UserName=self.user, SerialNumber=serial)
        with self.account.asked("iam:DeleteVirtualMFADevice") as iam, suppress(iam.exceptions.NoSuchEntityException):
            iam.delete_virtual_mfa_device(SerialNumber=serial)

    def _until_next_try(self, error: AwsRefused) -> float | None:
        """Seconds after which AWS may answer otherwise; None where it won't."""
        if error.code == "InvalidAuthenticationCode":
            return PERIOD - self.account.now().timestamp() % PERIOD + 1
        passing = ("NoSuchEntity", "EntityTemporarilyUnmodifiable", "ConcurrentModification")  # a device this new
        return SOON if error.code in passing else None


def unknown_user(account: IamAccount, name: str) -> IamUserUnknown:
    return IamUserUnknown(
        f"There is no IAM user {name!r} in AWS account {account.account}.",
        hint="Check the name, and that the AWS credentials here are of the user's account: AWS_PROFILE, or --profile.",
    )


def no_room(user: str, assigned: Sequence[str]) -> MfaDevicesInTheWay:
    return MfaDevicesInTheWay(
        f"{user} has {len(assigned)} MFA devices, and AWS gives a user no more than {MOST}.",
        hint=f"Remove one first: `aws iam deactivate-mfa-device --user-name {user} --serial-number …`.",
    )


@contextmanager
def _answers_not_logged() -> Iterator[None]:
    """At DEBUG boto3 logs whole answers; the one that holds a seed is no matter for a log, whatever its level."""
    logger = logging.getLogger("botocore.parsers")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
