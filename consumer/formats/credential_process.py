"""For `credential_process` in an AWS profile.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from consumer.formats.interface import Format
from vault_aws_kit import clock

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials


class CredentialProcess(Format):
    """Keys that have no value are left out, as the SDKs ask: without Expiration they would never ask again."""

    name: ClassVar[str] = "credential-process"

    def text(self, credentials: Credentials) -> str:
        value: dict[str, object] = {
            "Version": 1,
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
        }
        if credentials.session_token:
            value["SessionToken"] = credentials.session_token
        if credentials.expires:
            value["Expiration"] = clock.timestamp(credentials.expires)
        return json.dumps(value) + "\n"
