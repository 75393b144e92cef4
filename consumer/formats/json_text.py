"""For programs: all that is known of the credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from consumer.formats.interface import Format
from vault_aws_kit import clock

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials


class Json(Format):
    """`expires` is ISO 8601 in UTC or null; `session_token` and `lease_id` are "" where there is none."""

    name: ClassVar[str] = "json"

    def text(self, credentials: Credentials) -> str:
        value = {
            "access_key_id": credentials.access_key_id,
            "secret_access_key": credentials.secret_access_key,
            "session_token": credentials.session_token,
            "expires": clock.timestamp(credentials.expires) if credentials.expires else None,
            "lease_id": credentials.lease_id,
            "renewable": credentials.renewable,
            "revocable": credentials.revocable,
            "region": credentials.region,
            "role": credentials.role,
            "type": credentials.type,
        }
        return json.dumps(value, indent=2) + "\n"
