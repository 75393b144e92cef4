"""A session with MFA of the user whose plain key is here, to try a guard with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vault_aws_kit import aws
from vault_aws_kit.errors import AwsRefused

if TYPE_CHECKING:
    import boto3

SHORTEST = 900
"""Seconds: no session of AWS's lives less long."""


def is_plain(session: boto3.Session) -> bool:
    """Whether these are long-lived credentials, of which AWS knows no MFA."""
    found = session.get_credentials()
    return found is not None and not found.get_frozen_credentials().token


def with_mfa(caller: aws.Caller, serial: str, code: Callable[[str], str]) -> boto3.Session | None:
    """`code` is asked for a device's code, and answers '' where there is none; then there is no session.

    Raises AwsRefused for a code or a device that AWS doesn't take; AwsUnreachable.
    """
    import boto3

    given = code(serial)
    if not given:
        return None
    with _explained(), aws.asked("sts:GetSessionToken"):
        sts = caller.session.client("sts", config=caller.config)
        answer = sts.get_session_token(SerialNumber=serial, TokenCode=given, DurationSeconds=SHORTEST)["Credentials"]
    return boto3.Session(
        answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"], region_name=caller.session.region_name
    )


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except AwsRefused as error:
        if "MultiFactorAuthentication failed" in error.message:
            error.hint = "A code counts once: wait for the device's next one, up to 30 s, and run it again."
        raise


def of_profile(name: str, caller: aws.Caller) -> boto3.Session:
    """The session that a profile has, as `consumer mfa login` makes one. Raises AwsRefused where it is another's."""
    session = aws.open_session(name)
    found = aws.identify(session)
    if found.arn != caller.arn:
        raise AwsRefused(
            f"Profile {name!r} is a session of {found.arn}, and the plain key is of {caller.arn}.",
            hint="Take both from one user.",
        )
    return session


def only(devices: Sequence[str], user: str) -> str:
    """The one device whose codes the API takes. Raises AwsRefused where there is none, or several."""
    with_codes = [serial for serial in devices if ":u2f/" not in serial]
    if len(with_codes) != 1:
        has = f"has {', '.join(with_codes)}" if with_codes else "has no MFA device that gives codes"
        raise AwsRefused(f"{user} {has}.", hint="Name one with --serial, or leave the MFA session to --mfa-profile.")
    return with_codes[0]
