"""Whether two patterns of ARNs have anything in common."""

from __future__ import annotations

import re
from functools import cache

_TOKEN = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)
_ANY, _ONE, _PART = "*", "?", "a part"
_PARTS = ("${Partition}", "${Region}", "${Account}", "${BucketName}")


@cache
def overlap(documented: str, written: str) -> bool:
    """Whether some ARN fits both the pattern that AWS documents and the one in a policy.

    `*`, and ${…} on either side, may be anything, also across colons: where AWS is stricter, this errs towards yes.
    Only the parts that never hold a colon or a slash don't: so s3:ListBucket on a bucket's objects is seen.
    """
    left, right = _tokens(documented), _tokens(written)
    reached = _skip_stars({0}, right)
    for token in left:
        if token in (_ANY, _PART):
            reached = _through_star(reached, right, everything=token == _ANY)
        else:
            reached = {n + 1 for n in reached if n < len(right) and _fits(token, right[n])} | {
                n for n in reached if n < len(right) and right[n] == _ANY
            }
        reached = _skip_stars(reached, right)
    return len(right) in reached


def _tokens(pattern: str) -> tuple[str, ...]:
    return tuple(_token(found) for found in _TOKEN.findall(pattern))


def _token(found: str) -> str:
    if len(found) == 1:
        return found.lower()
    return _PART if found in _PARTS else _ANY


def _fits(one: str, other: str) -> bool:
    return one == other or _ONE in (one, other) or other == _ANY


def _through_star(reached: set[int], right: tuple[str, ...], *, everything: bool) -> set[int]:
    """All places that can be reached when the left side takes as much as it likes."""
    found = set(reached)
    for start in reached:
        for n in range(start, len(right)):
            if right[n] in "/:" and not everything:
                break
            found.add(n + 1)
    return found


def _skip_stars(reached: set[int], right: tuple[str, ...]) -> set[int]:
    """A star on the right may also be nothing."""
    found = set(reached)
    for start in reached:
        n = start
        while n < len(right) and right[n] == _ANY:
            n += 1
            found.add(n)
    return found
