"""Values for readers who know no quoting, or each one another: only what needs none is written.

AWS's keys, session tokens and regions consist of these characters alone. Anything else is refused rather than
written in a way that one reader takes for data and the next one for something to carry out.
"""

from __future__ import annotations

import re

from vault_aws_kit.errors import FormatImpossible

_PLAIN = re.compile(r"[A-Za-z0-9_+/=.:@,-]+", re.ASCII)


def plain(name: str, value: str, shape: str) -> str:
    """The value of a variable, which every reader of this shape takes as it stands. Raises FormatImpossible."""
    if not _PLAIN.fullmatch(value):
        raise FormatImpossible(
            f"{name} holds characters that not every reader of {shape} takes as they are.",
            hint="Use another --format: env, fish, powershell and json hold any text.",
        )
    return value
