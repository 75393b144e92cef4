"""What is done with policy documents: several become one, small enough for AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

from producer.policies.grammar import check
from vault_aws_kit.errors import PolicyInvalid, PolicyTooLarge


class Limit(Enum):
    """How large AWS lets a policy be, in characters, and what it counts.

    Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and, for a session,
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (Policy), where white space counts and
    the ARNs of managed session policies count along.
    """

    SESSION = ("a session policy", 2048, True)
    USER_INLINE = ("a user's inline policies together", 2048, False)
    GROUP_INLINE = ("a group's inline policies together", 5120, False)
    ROLE_INLINE = ("a role's inline policies together", 10240, False)
    MANAGED = ("a managed policy", 6144, False)

    def __init__(self, what: str, characters: int, counts_white_space: bool) -> None:  # noqa: FBT001 - read as a table
        self.what = what
        self.characters = characters
        self.counts_white_space = counts_white_space


def minify(document: Mapping[str, Any]) -> str:
    """The shortest JSON that means the same. It is ASCII: IAM takes no characters beyond U+00FF unescaped."""
    return json.dumps(document, separators=(",", ":"))


def check_size(text: str, limit: Limit) -> None:
    """Raises PolicyTooLarge."""
    size = len(text) if limit.counts_white_space else sum(not character.isspace() for character in text)
    if size > limit.characters:
        raise PolicyTooLarge(
            f"The policy has {size:,} characters, and AWS allows {limit.what} no more than {limit.characters:,}.",
            hint="Replace lists of actions by wildcards, drop Sids, split the role in two, or attach a managed policy"
            f" with policy_arns (it may have {Limit.MANAGED.characters:,} characters).",
        )


def merge(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One document with the statements of all, in their order and identical ones once.

    Where different statements share a Sid, the later ones get a number behind it: two uses of one template, with
    different variables, are meant to be merged. Raises PolicyInvalid.
    """
    for document in documents:
        check(document)
    versions = {str(document["Version"]) for document in documents}
    if len(versions) > 1:
        raise PolicyInvalid(
            f"Policies of the versions {' and '.join(sorted(versions))} can't be merged: in one, ${{…}} is a variable.",
            hint='Write Version: "2012-10-17" in all of them.',
        )
    merged: list[Mapping[str, Any]] = []
    for document in documents:
        merged.extend(statement for statement in statements(document) if statement not in merged)
    return {"Version": versions.pop() if versions else "2012-10-17", "Statement": _with_sids_of_their_own(merged)}


def lacks_get_user(document: Mapping[str, Any]) -> bool:
    """Whether no statement allows iam:GetUser, which Vault's data source asks AWS for with an IAM user's new key."""
    return not any(_allows("iam:getuser", statement) for statement in statements(document))


def _allows(action: str, statement: Mapping[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    if "NotAction" in statement:
        return not _among(action, statement["NotAction"])
    return _among(action, statement.get("Action"))


def _among(action: str, patterns: str | Sequence[str] | None) -> bool:
    return any(fnmatchcase(action, pattern.lower()) for pattern in strings(patterns))


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document["Statement"]
    return [found] if isinstance(found, Mapping) else list(found)


def strings(value: str | Sequence[str] | None) -> tuple[str, ...]:
    """What may be one string, a list or nothing, as a tuple."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _with_sids_of_their_own(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    taken = {str(statement["Sid"]) for statement in found if statement.get("Sid")}
    seen: set[str] = set()
    result = []
    for statement in found:
        sid = str(statement.get("Sid") or "")
        if sid in seen:
            sid = next(new for new in _numbered(sid) if new not in taken)
            taken.add(sid)
        if sid:
            seen.add(sid)
        result.append({**statement, "Sid": sid} if sid else dict(statement))
    return result


def _numbered(sid: str) -> Iterator[str]:
    number = 2
    while True:
        yield f"{sid}{number}"
        number += 1
