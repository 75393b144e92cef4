"""Asking AWS for a session by a code; where it takes none of that device, with what IAM knows of the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from consumer.mfa import devices
from vault_aws_kit.errors import AwsRefused, DeviceUnknown, KitError
from vault_aws_kit.mfa import SECURITY_KEY, Owner, get_session, no_code_taken, no_device

if TYPE_CHECKING:
    from consumer.mfa.key import Key
    from vault_aws_kit.credentials import Credentials


def get(key: Key, serial: str, code: str, seconds: int) -> Credentials:
    """A session of so many seconds. Raises CodeRefused, DeviceUnknown, TemporaryAwsCredentials, AwsRefused, …"""
    try:
        return replace(get_session(key.client("sts"), serial, code, seconds), region=key.region)
    except AwsRefused as error:
        raise _no_such_device(key, serial) if no_code_taken(error) else error from None


def _no_such_device(key: Key, serial: str) -> DeviceUnknown:
    """AWS says so for a device of somebody else's, for none, and for one that it takes no codes of for a while."""
    try:
        owner = devices.look_up(key)
    except KitError:  # then nothing more can be said
        return DeviceUnknown(
            f"AWS takes no code of {serial}: it is no device of this key's user, or one that gives no codes.",
            hint="Check --serial: it is the device's ARN, with :mfa/ in it.",
        )
    if SECURITY_KEY in serial or not owner.serials:
        return no_device(owner if serial in owner.serials or not owner.serials else Owner(owner.arn, (serial,)))
    if serial not in owner.serials:
        return DeviceUnknown(
            f"{serial} is no MFA device of {owner.arn}.", hint=f"That user has {', '.join(owner.serials)}."
        )
    return DeviceUnknown(
        f"AWS takes no code of {serial} for now, though it belongs to {owner.arn}.",
        hint="It is so for a while after several wrong ones: wait some minutes. Else resync it in AWS's console.",
    )
