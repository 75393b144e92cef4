"""Asking AWS for a session by a code, and what it means where AWS refuses.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from consumer.mfa import devices
from consumer.refusals import INVALID_CODE, NO_CODE_TAKEN, code_refused
from vault_aws_kit import clock
from vault_aws_kit.aws import asked, told_time
from vault_aws_kit.credentials import Credentials
from vault_aws_kit.errors import AwsRefused, DeviceUnknown, KitError, TemporaryAwsCredentials

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from consumer.mfa.key import Key

TYPE = "mfa_session"
NOTABLE = timedelta(seconds=15)  # half of a code's period: less than that makes no code wrong


def get(key: Key, serial: str, code: str, seconds: int) -> Credentials:
    """A session of so many seconds. Raises CodeRefused, DeviceUnknown, TemporaryAwsCredentials, AwsRefused, …"""
    from botocore.exceptions import ClientError

    with asked("sts:GetSessionToken"):
        try:
            answer = key.client("sts").get_session_token(SerialNumber=serial, TokenCode=code, DurationSeconds=seconds)
        except ClientError as error:
            if meant := _meant(error, key, serial):
                raise meant from None
            raise
    found = answer["Credentials"]
    return Credentials(
        access_key_id=found["AccessKeyId"],
        secret_access_key=found["SecretAccessKey"],
        session_token=found["SessionToken"],
        expires=found["Expiration"],
        region=key.region,
        type=TYPE,
    )


def _meant(error: ClientError, key: Key, serial: str) -> KitError | None:
    """What a refusal means, None where AWS's own words say it."""
    said: dict[str, Any] = dict(error.response.get("Error", {}))
    text, ahead = str(said.get("Message", "")), _ahead(error)
    if INVALID_CODE in text:
        return code_refused(serial, skew(ahead), ahead)
    if NO_CODE_TAKEN in text:
        return _no_such_device(key, serial)
    if "session credentials" in text:
        return TemporaryAwsCredentials(
            f"AWS gives a session by MFA to a user's own key alone, and {key.access_key_id} is a session's.",
            hint="Name the profile that has the user's key with --profile.",
        )
    if said.get("Code") in ("SignatureDoesNotMatch", "RequestExpired") and ahead and abs(ahead) > NOTABLE:
        return AwsRefused(
            f"AWS refuses sts:GetSessionToken: {said['Code']}. {skew(ahead)}", hint="Set this machine's clock right."
        )
    return None


def skew(ahead: timedelta | None) -> str:
    """By how much this machine's clock is wrong, as a sentence; '' where that spoils no code."""
    if ahead is None or abs(ahead) < NOTABLE:
        return ""
    return f"This machine's clock is {clock.off(ahead)} AWS's: codes that are made here are of another time."


def _ahead(error: ClientError) -> timedelta | None:
    date = told_time(error.response["ResponseMetadata"]["HTTPHeaders"])
    return date - clock.now() if date else None


def _no_such_device(key: Key, serial: str) -> DeviceUnknown:
    """AWS says so for a device of somebody else's, for none, and for one that it takes no codes of for a while."""
    try:
        owner = devices.look_up(key)
    except KitError:  # then nothing more can be said
        return DeviceUnknown(
            f"AWS takes no code of {serial}: it is no device of this key's user, or one that gives no codes.",
            hint="Check --serial: it is the device's ARN, with :mfa/ in it.",
        )
    if devices.SECURITY_KEY in serial or not owner.serials:
        return devices.none(
            owner if serial in owner.serials or not owner.serials else devices.Owner(owner.arn, (serial,))
        )
    if serial not in owner.serials:
        return DeviceUnknown(
            f"{serial} is no MFA device of {owner.arn}.", hint=f"That user has {', '.join(owner.serials)}."
        )
    return DeviceUnknown(
        f"AWS takes no code of {serial} for now, though it belongs to {owner.arn}.",
        hint="It is so for a while after several wrong ones: wait some minutes. Else resync it in AWS's console.",
    )
