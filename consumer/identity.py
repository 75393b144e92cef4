"""Whose credentials these are, as AWS says: proof that they work.

An IAM user's new key is refused for some seconds, until all of AWS knows it. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vault_aws_kit.aws import ANY_REGION, keep_tokens_from_logs
from vault_aws_kit.errors import AwsRefused, AwsUnreachable

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials

PATIENCE, PAUSE = 30.0, 1.0  # seconds
TIMEOUT = 10  # seconds
_NOT_KNOWN_YET = ("InvalidClientTokenId", "InvalidAccessKeyId")


@dataclass(frozen=True)
class Identity:
    account: str
    arn: str


def of(credentials: Credentials, patience: float = PATIENCE) -> Identity:
    """Asks sts:GetCallerIdentity, which needs no permission. `patience` (seconds) is for a key that is new.

    Raises AwsRefused, AwsUnreachable. AWS's own text is not passed on: it may quote a session's token.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    deadline = time.monotonic() + patience
    while True:
        try:
            answer = _client(credentials).get_caller_identity()
            return Identity(str(answer["Account"]), str(answer["Arn"]))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "unknown"))
            if credentials.session_token or code not in _NOT_KNOWN_YET or time.monotonic() > deadline:
                raise _refused(code) from None
            time.sleep(PAUSE)
        except BotoCoreError as error:
            raise AwsUnreachable(
                f"AWS can't be asked whose credentials they are ({type(error).__name__}).",
                hint="Check the network, HTTPS_PROXY and AWS_CA_BUNDLE.",
            ) from None


def _client(credentials: Credentials) -> Any:
    """With these credentials alone: a profile of this shell's is not even looked up."""
    from botocore.config import Config
    from botocore.session import Session

    keep_tokens_from_logs()
    return Session(session_vars={"profile": (None, None, None, None)}).create_client(
        "sts",
        region_name=credentials.region or ANY_REGION,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token or None,
        config=Config(connect_timeout=TIMEOUT, read_timeout=TIMEOUT, retries={"total_max_attempts": 2}),
    )


def _refused(code: str) -> AwsRefused:
    return AwsRefused(
        f"AWS refuses them: {code}.",
        hint="Is this machine's clock right? Else show it to the platform team: `producer doctor --probe`.",
    )
