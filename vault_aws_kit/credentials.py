"""One set of AWS credentials, wherever it came from, and what is known of its life."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vault_aws_kit import clock


@dataclass(frozen=True)
class Credentials:
    """AWS credentials. `session_token` is '' for an IAM user's key. The secrets stay out of its repr.

    `lease_id` is '' where Vault gave none (some servers give none for STS), and `lease_duration` how long it gave that
    lease at first, in seconds. `expires` is None only where nothing is known of it, as with static roles of servers
    that don't tell when they rotate a key.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    expires: datetime | None = None
    lease_id: str = ""
    lease_duration: int = 0
    renewable: bool = False
    region: str = ""
    role: str = ""
    type: str = ""

    @property
    def revocable(self) -> bool:
        """Whether revoking the lease ends the credentials: STS sessions live on until they expire."""
        return bool(self.lease_id) and not self.session_token

    def remaining(self) -> timedelta | None:
        return None if self.expires is None else self.expires - clock.now()
