"""AWS as whoever has the long-lived credentials here: how they are found, and what AWS's errors become."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from vault_aws_kit import clock
from vault_aws_kit.errors import AwsRefused, AwsUnreachable, NoAwsCredentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

ANY_REGION = "us-east-1"
"""IAM and STS answer for a whole partition; this is only where nothing else is said."""
TOO_FAR = timedelta(minutes=4)
"""Clocks that differ by more may be why a signature isn't taken: AWS takes those of five minutes at least.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"""
_UNTIMELY = ("SignatureDoesNotMatch", "RequestExpired", "InvalidSignatureException")


@dataclass(frozen=True)
class Caller:
    """Who AWS says is calling. `arn` is as sts:GetCallerIdentity gives it.

    `ahead` is how far AWS's clock is ahead of the one here, to the second; None where AWS told no time.
    """

    arn: str
    session: boto3.Session = field(repr=False)
    config: Config = field(repr=False)
    ahead: timedelta | None = None

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]


def open_session(profile: str = "") -> boto3.Session:
    """A session with the credentials of a profile, else those that boto3 finds. Raises NoAwsCredentials."""
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        session = boto3.Session(profile_name=profile or None)
        found = session.get_credentials()
    except (BotoCoreError, ValueError) as error:  # a credential_process that answers no JSON is a ValueError
        raise NoAwsCredentials(f"The AWS credentials here can't be read: {error}.") from None
    if found is None:
        raise NoAwsCredentials(
            "There are no AWS credentials here.", hint="Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret."
        )
    return session


def identify(session: boto3.Session) -> Caller:
    """Who is calling. Raises AwsRefused, AwsUnreachable."""
    from botocore.config import Config

    config = Config(region_name=session.region_name or ANY_REGION, max_pool_connections=10)
    with asked("sts:GetCallerIdentity"):
        before = clock.now()
        answer = session.client("sts", config=config).get_caller_identity()
        here = before + (clock.now() - before) / 2
    date = told_time(answer["ResponseMetadata"]["HTTPHeaders"])
    return Caller(answer["Arn"], session, config, date - here if date else None)


def keep_tokens_from_logs() -> None:
    """Below INFO botocore tells a session's token."""
    logger = logging.getLogger("botocore")
    if logger.getEffectiveLevel() < logging.INFO:
        logger.setLevel(logging.INFO)


def told_time(headers: Mapping[str, Any]) -> datetime | None:
    """What time it is for AWS, by the headers of an answer."""
    date = headers.get("date")
    return parsedate_to_datetime(date).astimezone(UTC) if date else None


@contextmanager
def asked(action: str) -> Iterator[None]:
    """Turn boto3's errors into the kit's. `action` is what was asked, as IAM names it."""
    from botocore.exceptions import BotoCoreError, ClientError, InvalidRegionError, ParamValidationError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise _refused(error, action) from None
    except InvalidRegionError as error:
        raise AwsUnreachable(
            f"AWS can't be asked ({action}): {error}", hint="Check AWS_REGION, and the region of the AWS profile."
        ) from None
    except ParamValidationError as error:
        raise AwsUnreachable(
            f"AWS can't be asked ({action}): {error}", hint="Check what was given: nothing was sent."
        ) from None
    except BotoCoreError as error:
        raise AwsUnreachable(
            f"AWS can't be asked ({action}): {error}", hint="Check the network, HTTPS_PROXY and AWS_CA_BUNDLE."
        ) from None
    except ResponseParserError:
        raise AwsUnreachable(
            f"What answers for AWS doesn't answer as AWS does ({action}).",
            hint="A proxy may be in between: check HTTPS_PROXY and AWS_ENDPOINT_URL.",
        ) from None


def ahead(error: ClientError) -> timedelta | None:
    """How far AWS's clock is ahead of the one here, by the headers of a refusal; None where they don't tell."""
    date = told_time(error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}))
    return date - clock.now() if date else None


def _refused(error: ClientError, action: str) -> AwsRefused:
    said = error.response.get("Error", {})
    code = said.get("Code", "unknown")
    message = f"AWS refuses {action}: {code}: {said.get('Message', '')}"
    apart = ahead(error)
    if code in _UNTIMELY and apart and abs(apart) > TOO_FAR:
        wrong = f"This machine's clock is {clock.off(apart)} AWS's."
        return AwsRefused(f"{message.rstrip('. ')}. {wrong}", hint="Set this machine's clock right.", code=code)
    return AwsRefused(message, hint=f"Use AWS credentials that may {action} in that account.", code=code)
