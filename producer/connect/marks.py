"""What tells a variable of ours in Terraform from others: its description, which no record elsewhere can contradict.

It holds a digest of what was set, so that a change of ours can be told from one that somebody made there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from producer.owned import fingerprint
from vault_aws_kit import contract
from vault_aws_kit.vault import Body

_TEXT = "Set by `producer tfe connect` of vault-aws-kit, spec {spec} ({digest}): change it there."
_MARK = re.compile(rf"Set by `producer tfe connect` of vault-aws-kit, spec ({contract.NAME.pattern}) \(([0-9a-f]+)\)")


@dataclass(frozen=True)
class Mark:
    """Whose it is, and the digest of what was set."""

    spec: str
    digest: str


def described(spec: str, body: Body) -> str:
    """The description of what is ours."""
    return _TEXT.format(spec=spec, digest=fingerprint(body))


def mark_of(description: str) -> Mark | None:
    """None for what the kit didn't set."""
    found = _MARK.match(description)
    return Mark(found[1], found[found.lastindex or 0]) if found else None
