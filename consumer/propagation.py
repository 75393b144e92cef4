"""Waiting until AWS knows a new IAM user's key: IAM tells its regions and services one after the other.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vault_aws_kit import clock
from vault_aws_kit.aws import ANY_REGION
from vault_aws_kit.errors import KeyNotAccepted

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials

IN_A_ROW = 5
"""One answer may come from a place that knows the key while another doesn't. Terraform's provider asks as often."""
PAUSE = 1.0  # seconds

Step = Callable[[str], None]


def needs_waiting(credentials: Credentials) -> bool:
    """Whether AWS has to hear of them first: STS sessions are good at once, and a static role's key is old."""
    return credentials.type == "iam_user"


def settling(within: int, step: Step = lambda _: None) -> Callable[[Credentials], None]:
    """What waits for any credentials that need it, and for none where `within` is 0."""

    def settle(credentials: Credentials) -> None:
        if within and needs_waiting(credentials):
            wait(credentials, within, step)

    return settle


def wait(credentials: Credentials, within: int, step: Step) -> None:
    """Return once AWS has accepted the key IN_A_ROW times without a refusal in between.

    `within` is in seconds. Raises KeyNotAccepted.
    """
    region = credentials.region or ANY_REGION
    sts = _sts(credentials, region)
    deadline = time.monotonic() + within
    accepted, said = 0, "it was not asked"
    while accepted < IN_A_ROW:
        if time.monotonic() > deadline:
            raise _not_accepted(credentials, region, within, said)
        refusal = _refusal(sts)
        accepted, said = (0, refusal) if refusal else (accepted + 1, said)
        step(f"AWS in {region} accepts the new key: {accepted} of {IN_A_ROW}")
        if accepted < IN_A_ROW:
            time.sleep(PAUSE)


def _refusal(sts: Any) -> str:
    """Why AWS doesn't take the key, '' where it does. Anybody may call GetCallerIdentity, so no policy refuses it."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        sts.get_caller_identity()
    except ClientError as error:
        return str(error.response.get("Error", {}).get("Code") or "refused")
    except BotoCoreError as error:
        return str(error)
    return ""


def _sts(credentials: Credentials, region: str) -> Any:
    """STS of a region, with nothing of the user's own profile."""
    from botocore.config import Config
    from botocore.session import Session

    session = Session(session_vars={"profile": (None, None, None, None)})
    return session.create_client(
        "sts",
        region_name=region,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1}),
    )


def _not_accepted(credentials: Credentials, region: str, within: int, said: str) -> KeyNotAccepted:
    return KeyNotAccepted(
        f"AWS in {region} has not accepted key {credentials.access_key_id} for {IN_A_ROW} times in a row within "
        f"{clock.duration(within)}: {said}.",
        hint="Give --wait-for-iam more time. Where AWS can't be reached at all, check HTTPS_PROXY and AWS_CA_BUNDLE.",
    )
