"""The description of what the kit puts somewhere: that it is ours, whose key it is, and until when it holds.

It is all that is known of it later, on whatever machine, so the lease stands in it too. No secret does: a lease ID
ends the lease for who may revoke leases, and gives nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from vault_aws_kit import clock

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials

LONGEST = 512  # characters of a description
_OPEN = "further notice"
_TEXT = re.compile(
    rf"Pushed by vault-aws-kit: key (?P<key>\w+) of (?P<origin>.+?), good until (?P<until>\S+|{_OPEN})\."
    r"(?: Lease (?P<lease>\S+) of (?P<vault>\S+?)(?: in namespace (?P<namespace>\S+?))?\.)?"
    r"(?: Shared by (?P<places>\d+) workspaces\.)?"
)


@dataclass(frozen=True)
class Label:
    """`until` is None where nothing is known of it, `lease` and `vault` are '' where there is no lease.

    `places` is how many workspaces were given the same credentials in one push.
    """

    key: str
    origin: str
    until: datetime | None = None
    lease: str = ""
    vault: str = ""
    namespace: str = ""
    places: int = 1

    @classmethod
    def of(cls, credentials: Credentials, *, vault: str = "", namespace: str = "", places: int = 1) -> Label:
        has_lease = bool(credentials.lease_id)
        return cls(
            key=credentials.access_key_id,
            origin=f"role {credentials.role}" if credentials.role else "an MFA session",
            until=credentials.expires.replace(microsecond=0) if credentials.expires else None,
            lease=credentials.lease_id,
            vault=vault if has_lease else "",
            namespace=namespace if has_lease else "",
            places=places,
        )

    @property
    def temporary(self) -> bool:
        """Whether it is a session of STS, which nobody can revoke: AWS's IDs for those begin with ASIA.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
        """
        return self.key.startswith("ASIA")

    @property
    def ended(self) -> bool:
        return self.until is not None and self.until <= clock.now()

    def text(self) -> str:
        """What `read` reads again; without the lease where that would be too long for a description."""
        until = clock.timestamp(self.until) if self.until else _OPEN
        text = f"Pushed by vault-aws-kit: key {self.key} of {self.origin}, good until {until}."
        place = f" in namespace {self.namespace}" if self.namespace else ""
        lease = f" Lease {self.lease} of {self.vault}{place}." if self.lease else ""
        shared = f" Shared by {self.places} workspaces." if self.places > 1 else ""
        whole = f"{text}{lease}{shared}"
        return whole if len(whole) <= LONGEST else f"{text}{shared}"


def read(description: str) -> Label | None:
    """What a description says, None for one that isn't ours."""
    found = _TEXT.fullmatch(description.strip())
    if not found:
        return None
    try:
        until = None if found["until"] == _OPEN else clock.moment(found["until"])
    except ValueError:
        return None
    return Label(
        key=found["key"],
        origin=found["origin"],
        until=until,
        lease=found["lease"] or "",
        vault=found["vault"] or "",
        namespace=found["namespace"] or "",
        places=int(found["places"] or 1),
    )
