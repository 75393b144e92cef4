"""Action names in fewer characters: patterns that mean the same actions of a service, and no other one.

AWS compares action names without regard to case. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterator, Sequence
from fnmatch import fnmatchcase

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
SHORTEST = 3


def compress(wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """Patterns, sorted, that match `wanted` among `known` and nothing else; the same ones for the same actions.

    A pattern is a name, or its first words and `*`: the fewest words that no action beyond `wanted` begins with. What
    AWS adds later can only be matched where all that is known of its beginning was wanted.
    """
    others = sorted(name.lower() for name in set(known) - set(wanted))
    by_lower = {pattern.lower(): pattern for pattern in sorted(_shortest(name, others) for name in wanted)}
    return sorted(_plain(pattern, wanted) for lower, pattern in by_lower.items() if not _covered(lower, by_lower))


def expand(patterns: Sequence[str], known: Sequence[str]) -> list[str]:
    """The actions that patterns match, sorted: what `compress` promises is proved by this."""
    lowered = [pattern.lower() for pattern in patterns]
    return sorted(name for name in known if any(fnmatchcase(name.lower(), pattern) for pattern in lowered))


def _shortest(name: str, others: Sequence[str]) -> str:
    for beginning in _beginnings(name):
        at = bisect_left(others, beginning.lower())  # the first that can begin so
        if not others[at : at + 1] or not others[at].startswith(beginning.lower()):
            return f"{beginning}*"
    return name


def _beginnings(name: str) -> Iterator[str]:
    """`CreateKeyPair`: Create, CreateKey. `ReEncryptFrom`: ReEncrypt, as two letters are no verb."""
    for boundary in _WORDS.finditer(name):
        if boundary.start() >= SHORTEST:
            yield name[: boundary.start()]


def _covered(pattern: str, patterns: Container[str]) -> bool:
    """Whether another of the patterns, all in lower case, matches what this one does: one that it begins with."""
    name = pattern.removesuffix("*")
    beginnings = (f"{name[:length]}*" for length in range(1, len(name) + 1))
    return any(one in patterns for one in beginnings if one != pattern)


def _plain(pattern: str, wanted: Sequence[str]) -> str:
    """The name itself where a pattern matches only one: it says more, and no more than is known."""
    found = expand([pattern], wanted)
    return found[0] if len(found) == 1 else pattern
