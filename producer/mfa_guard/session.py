"""A session with MFA of the user whose plain key is here, to try a guard with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vault_aws_kit import aws, mfa
from vault_aws_kit.errors import AwsRefused

if TYPE_CHECKING:
    import boto3


def is_plain(session: boto3.Session) -> bool:
    """Whether these are long-lived credentials, of which AWS knows no MFA."""
    found = session.get_credentials()
    return found is not None and not found.get_frozen_credentials().token


def with_mfa(caller: aws.Caller, serial: str, code: Callable[[str], str]) -> boto3.Session | None:
    """`code` is asked for a device's code, and answers '' where there is none; then there is no session.

    Raises CodeRefused, and AwsRefused for a device that AWS doesn't take; AwsUnreachable.
    """
    import boto3

    given = code(serial)
    if not given:
        return None
    sts = caller.session.client("sts", config=caller.config)
    found = mfa.get_session(sts, serial, given, mfa.SHORTEST)
    return boto3.Session(
        found.access_key_id, found.secret_access_key, found.session_token, region_name=caller.session.region_name
    )


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
