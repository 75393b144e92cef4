"""AWS's sessions for a long-lived key and a code of an MFA device, and what it means where AWS refuses one.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from vault_aws_kit import aws, clock
from vault_aws_kit.aws import asked
from vault_aws_kit.credentials import Credentials
from vault_aws_kit.errors import AwsRefused, CodeRefused, DeviceUnknown, KitError, TemporaryAwsCredentials

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_sts import STSClient

SHORTEST, LONGEST = 900, 129600
"""Seconds of a session."""
TYPE = "mfa_session"
INVALID_CODE, NO_CODE_TAKEN = "invalid MFA one time pass code", "unable to validate MFA code"
"""What stands in AWS's words for a code that is wrong or was used, and for a device that isn't the caller's or is
locked. They are documented nowhere; its users quote them."""
NOTABLE = timedelta(seconds=15)  # half of a code's period: less than that makes no code wrong
SERIAL = re.compile(r"[\w+=/:,.@-]{9,256}", re.ASCII)
"""What AWS takes for a device's serial number."""
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
        raise no_device(self)


def check_serial(serial: str) -> None:
    """Raises DeviceUnknown for what is no device's."""
    if not SERIAL.fullmatch(serial):
        raise DeviceUnknown(
            f"{serial[:300]!r} is no MFA device's serial number.",
            hint="It is the device's ARN, with :mfa/ in it, or what stands on its back: check --serial, and mfa_serial "
            "of the profile.",
        )


def no_device(owner: Owner) -> DeviceUnknown:
    """That somebody has none that gives codes."""
    if owner.serials:
        return DeviceUnknown(
            f"{owner.arn} has {', '.join(owner.serials)} for MFA: a security key has no codes, and AWS takes it in the "
            "console alone.",
            hint="Have a virtual device besides it: `producer mfa enroll`, or in AWS's console.",
        )
    return DeviceUnknown(
        f"{owner.arn} has no MFA device.", hint="Have one enrolled: `producer mfa enroll`, or in AWS's console."
    )


def get_session(sts: STSClient, serial: str, code: str, seconds: int) -> Credentials:
    """A session of so many seconds for whoever the client is.

    Raises CodeRefused, TemporaryAwsCredentials, AwsRefused (see `no_code_taken`), AwsUnreachable.
    """
    from botocore.exceptions import ClientError

    aws.keep_tokens_from_logs()
    with asked("sts:GetSessionToken"):
        try:
            answer = sts.get_session_token(SerialNumber=serial, TokenCode=code, DurationSeconds=seconds)
        except ClientError as error:
            if meant := _meant(error, serial):
                raise meant from None
            raise
    found = answer["Credentials"]
    return Credentials(
        access_key_id=found["AccessKeyId"],
        secret_access_key=found["SecretAccessKey"],
        session_token=found["SessionToken"],
        expires=found["Expiration"],
        type=TYPE,
    )


def no_code_taken(error: AwsRefused) -> bool:
    """Whether AWS takes no code of that device, whatever it is."""
    return NO_CODE_TAKEN in error.message


def code_refused(serial: str, told: str = "", ahead: timedelta | None = None) -> CodeRefused:
    """`told` is what else is known of the cause; for `ahead` see CodeRefused."""
    return CodeRefused(
        f"AWS refuses the code of {serial}: it is wrong, or was used already. {told}".rstrip(),
        hint="A code is good once, and the device shows the next within 30 s. Where all are refused, they are another "
        "device's, or its clock is wrong.",
        ahead=ahead,
    )


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _meant(error: ClientError, serial: str) -> KitError | None:
    """What a refusal means, None where AWS's own words say it."""
    said: dict[str, Any] = dict(error.response.get("Error", {}))
    text, ahead = str(said.get("Message", "")), aws.ahead(error)
    if INVALID_CODE in text:
        return code_refused(serial, _skew(ahead), ahead)
    if "session credentials" in text:
        return TemporaryAwsCredentials(
            "AWS gives a session by MFA to a user's own key alone, and the key here is a session's.",
            hint="Name the profile that has the user's key with --profile.",
        )
    return None


def _skew(ahead: timedelta | None) -> str:
    """By how much this machine's clock is wrong, as a sentence; '' where that spoils no code."""
    if ahead is None or abs(ahead) < NOTABLE:
        return ""
    return f"This machine's clock is {clock.off(ahead)} AWS's: codes that are made here are of another time."
