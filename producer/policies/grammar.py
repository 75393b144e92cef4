"""What AWS takes as an identity policy, by the grammar that it documents.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from vault_aws_kit.errors import PolicyInvalid

GRAMMAR = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"

_Action = Annotated[StrictStr, Field(pattern=r"^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?_-]+)$")]
_Resource = Annotated[StrictStr, Field(pattern=r"^(\*|arn:.+)$")]
_Actions = _Action | Annotated[list[_Action], Field(min_length=1)]
_Resources = _Resource | Annotated[list[_Resource], Field(min_length=1)]
_Scalar = StrictStr | StrictBool | StrictInt
_Condition = dict[str, dict[str, _Scalar | list[_Scalar]]]


class Statement(BaseModel):
    """One statement of an identity policy: it names no principal, since whoever carries the policy is that."""

    model_config = ConfigDict(extra="forbid")

    Effect: Literal["Allow", "Deny"]
    Sid: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9]*$")] | None = None
    Action: _Actions | None = None
    NotAction: _Actions | None = None
    Resource: _Resources | None = None
    NotResource: _Resources | None = None
    Condition: _Condition | None = None

    @model_validator(mode="after")
    def _one_of_each_pair(self) -> Statement:
        for one in ("Action", "Resource"):
            other = f"Not{one}"
            if (getattr(self, one) is None) == (getattr(self, other) is None):
                raise PydanticCustomError("pair", f"needs exactly one of {one} and {other}")
        return self


class Policy(BaseModel):
    model_config = ConfigDict(extra="forbid")

    Version: Literal["2012-10-17", "2008-10-17"]
    Id: StrictStr | None = None
    Statement: Annotated[list[Statement], Field(min_length=1)]

    @model_validator(mode="after")
    def _sids_differ(self) -> Policy:
        sids = [statement.Sid for statement in self.Statement if statement.Sid]
        twice = sorted({sid for sid in sids if sids.count(sid) > 1})
        if twice:
            raise PydanticCustomError("sids", f"has the Sid {', '.join(map(repr, twice))} more than once")
        return self


_WANTED = {
    "Version": '"2012-10-17"',
    "Effect": '"Allow" or "Deny"',
    "Sid": "letters and digits only",
    "Action": '"*" or SERVICE:ACTION, as in "s3:GetObject", or a list of such',
    "NotAction": '"*" or SERVICE:ACTION, as in "s3:GetObject", or a list of such',
    "Resource": '"*" or an ARN, or a list of such',
    "NotResource": '"*" or an ARN, or a list of such',
    "Condition": "a mapping operator → key → text, number, true/false or a list of these",
    "Statement": "a list of statements, with at least one",
}


def check(document: Mapping[str, Any]) -> None:
    """Raises PolicyInvalid, which lists everything that AWS would refuse."""
    statements = document.get("Statement")
    whole = {**document, "Statement": [statements]} if isinstance(statements, Mapping) else document
    try:
        Policy.model_validate(dict(whole))
    except ValidationError as error:
        found = list(dict.fromkeys(_sentence(detail, whole) for detail in error.errors(include_url=False)))
        raise PolicyInvalid(
            "AWS would refuse this policy: " + "; ".join(found) + ".", hint=f"The grammar: {GRAMMAR}"
        ) from None


def _sentence(detail: ErrorDetails, document: Mapping[str, Any]) -> str:
    where, key = _place(detail["loc"], document)
    match detail["type"]:
        case "extra_forbidden" if key in ("Principal", "NotPrincipal"):
            return f"{where} has a {key}, which an identity policy can't have: its principal is whoever carries it"
        case "extra_forbidden":
            known = Policy.model_fields if where == "the policy" else Statement.model_fields
            near = get_close_matches(key, known, n=1)
            return f"{where} has no element {key!r}" + (f" (did you mean {near[0]}?)" if near else "")
        case "missing":
            return f"{where} lacks {key}"
        case "pair" | "sids":
            return f"{where} {detail['msg']}"
    if key not in _WANTED:
        return f"{where} must be a mapping"
    return f"{key} of {where} must be {_WANTED[key]}" + _shown(detail["input"])


def _shown(value: Any) -> str:
    return f", and is {value!r}" if isinstance(value, str | int | bool | None) or value in ([], {}) else ""


def _place(loc: tuple[int | str, ...], document: Mapping[str, Any]) -> tuple[str, str]:
    """Which statement it is, and which of its elements."""
    if len(loc) > 1 and loc[0] == "Statement" and isinstance(loc[1], int):
        return f"statement {label(document['Statement'][loc[1]], loc[1])}", str(loc[2]) if len(loc) > 2 else ""  # noqa: PLR2004
    return "the policy", str(loc[0]) if loc else ""


def label(statement: Any, index: int) -> str:
    """How a person finds a statement: by its Sid, or its number counted from 1."""
    sid = statement.get("Sid") if isinstance(statement, Mapping) else None
    return repr(sid) if isinstance(sid, str) and sid else str(index + 1)
