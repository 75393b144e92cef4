"""For a file that AWS_SHARED_CREDENTIALS_FILE or Terraform's `shared_credentials_files` names.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from consumer.formats.interface import Format
from consumer.formats.plain import plain

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials


class SharedCredentials(Format):
    """One profile, `default`. The SDKs differ in what ends a value or begins a comment, so values must be plain."""

    name: ClassVar[str] = "shared-credentials"

    def text(self, credentials: Credentials) -> str:
        settings = {
            "aws_access_key_id": credentials.access_key_id,
            "aws_secret_access_key": credentials.secret_access_key,
            "aws_session_token": credentials.session_token,
            "region": credentials.region,
        }
        lines = [f"{name} = {plain(name, value, self.name)}" for name, value in settings.items() if value]
        return "\n".join(["[default]", *lines]) + "\n"
