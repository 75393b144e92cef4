"""The shape of a spec's file: pydantic models, from which the JSON Schema for editors is made too.

They check shapes only. What depends on other parts of the file, or on variables, is checked in `load`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from producer.spec.logins import METHODS, AuthModel
from producer.spec.shapes import Duration, MountPath, Name, Shaped
from producer.spec.source import Source, Where
from vault_aws_kit.contract import CredentialType
from vault_aws_kit.errors import Problem, SpecError, UnknownKey, WrongType

Region = Annotated[str, Field(pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d+$")]
Credentials = Annotated[str, Field(pattern=r"^(environment|keep|profile:.+)$")]
Url = Annotated[str, Field(pattern=r"^(https?://[^\s/?#]+/?)?$")]
Scalar = str | int | float | bool


class LeaseModel(Shaped):
    """The TTL of iam_user credentials."""

    default: Duration
    max: Duration


class RootModel(Shaped):
    """The AWS credentials that Vault itself uses."""

    credentials: Credentials = Field(
        default="environment",
        description="environment | profile:NAME | keep (Vault has them already, or uses its own identity)",
    )
    rotate_after: Duration | None = Field(default=None, description="Report a root key that is older than this.")


class ConfigModel(Shaped):
    """More of the engine's root config. Only what stands here is compared and written; no {{ variables }}."""

    iam_endpoint: Url | None = None
    sts_endpoint: Url | None = None
    sts_region: Region | Literal[""] | None = Field(default=None, description="The region of `sts_endpoint`.")
    sts_fallback_endpoints: list[Url] | None = Field(default=None, description="Tried in turn after `sts_endpoint`.")
    sts_fallback_regions: list[Region] | None = Field(default=None, description="One for each fallback endpoint.")
    max_retries: int | None = Field(default=None, ge=-1, description="-1 is the AWS SDK's own default.")
    username_template: str | None = Field(default=None, description="How Vault names users and sessions.")
    role_arn: str | None = Field(default=None, description="The role that Vault takes on where it has no key.")
    identity_token_audience: str | None = Field(default=None, description="Root without a key: needs `role_arn`.")
    identity_token_ttl: Duration | None = None
    rotation_period: Duration | None = Field(default=None, description="Vault Enterprise rotates its key itself.")
    rotation_schedule: str | None = Field(default=None, description="The same as a cron expression.")
    rotation_window: Duration | None = Field(default=None, description="How long after `rotation_schedule` it may.")
    disable_automated_rotation: bool | None = None


class TuneModel(Shaped):
    """How the engine's mount is tuned. Only what stands here is compared, and the longest lease."""

    default_lease_ttl: Duration | None = None
    max_lease_ttl: Duration | Literal[0] | None = Field(
        default=None, description="Default: the longest lease that the spec needs. 0: what the server allows."
    )
    description: str | None = None
    listing_visibility: Literal["hidden", "unauth"] | None = None


class EngineModel(Shaped):
    """One mount of Vault's AWS secrets engine."""

    name: Name
    mount: MountPath = "aws"
    region: Region
    lease: LeaseModel | None = None
    root: RootModel = RootModel()
    config: ConfigModel = ConfigModel()
    tune: TuneModel = TuneModel()


class TtlModel(Shaped):
    """The TTL of STS credentials; at least 15m."""

    default: Duration | None = None
    max: Duration | None = None


class RoleModel(Shaped):
    """A role of an engine: which credentials Vault hands out under a name. Any text may use {{ variables }}."""

    name: str
    type: CredentialType
    engine: str | None = Field(default=None, description="May be left out where there is one engine.")
    for_each: list[Scalar | dict[str, Any]] | None = Field(
        default=None, description="One role for each item, which the texts know as {{ item }}."
    )
    vars: dict[str, Any] = {}
    policy: str | None = Field(default=None, description="A policy template: templates/policies/NAME.json.j2")
    policies: list[str] = Field(default=[], description="Several policy templates, merged into one document.")
    policy_document: dict[str, Any] | str | None = Field(default=None, description="A policy: a mapping, or JSON text.")
    policy_arns: list[str] = []
    groups: list[str] = []
    permissions_boundary: str | None = None
    path: str | None = Field(default=None, description="The IAM path of the users that are made.")
    tags: dict[str, str] = {}
    role_arns: list[str] = Field(default=[], description="The AWS roles that may be assumed.")
    external_id: str | None = None
    session_tags: dict[str, str] = {}
    ttl: TtlModel | None = Field(default=None, description="STS types only; iam_user takes the engine's lease.")
    mfa_serial_number: str | None = Field(
        default=None, description="session_token only: the MFA device of Vault's own IAM user."
    )
    username: str | None = Field(default=None, description="static only: the IAM user whose key Vault keeps.")
    rotation_period: Duration | None = Field(default=None, description="static only: at least 1m.")
    protect: bool = Field(default=False, description="Never delete it, not even when the spec no longer has it.")


class TeamModel(Shaped):
    """Who consumes: the roles that it may use, and its logins."""

    name: Name
    roles: list[str] = Field(min_length=1, description="Names, ENGINE/ROLE, or globs.")
    auth: list[AuthModel] = Field(min_length=1)
    attribution: Literal["claim", "strict"] = Field(
        default="claim",
        description="strict: the team can't name its own sessions, and its login's mount is its alone.",
    )


class SpecModel(Shaped):
    """What a platform team wants Vault to hand out. Reference: docs/reference/spec.md"""

    version: Literal[1]
    name: Name = Field(default="default", description="The spec's identity in Vault.")
    engines: list[EngineModel] = Field(min_length=1)
    vars: dict[str, Any] = Field(default={}, description="Available in every template.")
    roles: list[RoleModel] = []
    teams: list[TeamModel] = []


MODELS: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): SpecModel,
    ("engines",): EngineModel,
    ("engines", "lease"): LeaseModel,
    ("engines", "root"): RootModel,
    ("engines", "config"): ConfigModel,
    ("engines", "tune"): TuneModel,
    ("roles",): RoleModel,
    ("roles", "ttl"): TtlModel,
    ("teams",): TeamModel,
    **{("teams", "auth", method): model for method, model in METHODS.items()},
}
"""The model of each part of a spec, by the keys that lead to it."""

EXPECTED = {
    "string_type": "a text (put it in quotes if it looks like a number)",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}

PATTERNS = {
    "name": "made of a-z, 0-9 and dashes, and begin and end with no dash",
    "mount": "a Vault path such as `aws` or `team/aws`, without a slash at its end",
    "region": "an AWS region such as eu-west-1",
    "credentials": "environment, keep or profile:NAME",
    "iam_endpoint": "a URL such as https://iam.amazonaws.com",
    "sts_endpoint": "a URL such as https://sts.eu-west-1.amazonaws.com",
    "sts_fallback_endpoints": "URLs such as https://sts.eu-central-1.amazonaws.com",
    "sts_region": "an AWS region such as eu-west-1",
    "sts_fallback_regions": "AWS regions such as eu-central-1",
}


QUOTED = 16
"""Characters of a wrong value that are shown at most."""

PARTS = ("engines", "roles", "teams")
ALONE = (("version",), ("name",))
"""What nothing else in the file depends on: a mistake there hides no other."""


@dataclass(frozen=True)
class Shape:
    """What a file's shape allows to be read of it, and all that is wrong with it.

    `model` has the items that are sound, and is None where too little is; `numbers` are their places in the file's
    lists, and `broken` the names of those that were left out, each by part.
    """

    model: SpecModel | None
    problems: Sequence[Problem]
    numbers: Mapping[str, Sequence[int]]
    broken: Mapping[str, Sequence[str]]


def validated(source: Source) -> Shape:
    """Read a file's shape."""
    try:
        model = SpecModel.model_validate(source.value)
    except ValidationError as error:
        return _what_is_sound(source.value, error, list(_problems(source, error)))
    return Shape(model, [], {part: range(len(getattr(model, part))) for part in PARTS}, {part: [] for part in PARTS})


def _what_is_sound(value: Any, error: ValidationError, problems: Sequence[Problem]) -> Shape:
    places = [
        detail["loc"][:2]
        for detail in error.errors()
        if (detail["type"] != "extra_forbidden" or detail["loc"][1:]) and detail["loc"][:1] not in ALONE
    ]
    if any(not place[1:] or place[0] not in PARTS for place in places):
        return Shape(None, problems, {}, {})
    items = {part: dict(enumerate(value.get(part) or [])) for part in PARTS}
    sound = {part: [n for n in found if (part, n) not in places] for part, found in items.items()}
    lost = {part: [item for n, item in found.items() if n not in sound[part]] for part, found in items.items()}
    name = value.get("name")
    model = SpecModel.model_construct(
        version=1,
        name=name if isinstance(name, str) else "default",
        engines=[EngineModel.model_validate(items["engines"][n]) for n in sound["engines"]],
        vars=value.get("vars") or {},
        roles=[RoleModel.model_validate(items["roles"][n]) for n in sound["roles"]],
        teams=[TeamModel.model_validate(items["teams"][n]) for n in sound["teams"]],
    )
    broken = {part: [str(item["name"]) for item in found if _has_name(item)] for part, found in lost.items()}
    return Shape(model, problems, sound, broken)


def _has_name(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a spec, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **SpecModel.model_json_schema()}


def _problems(source: Source, error: ValidationError) -> Iterator[Problem]:
    """One problem for each place: a value that fits none of several shapes is told once."""
    told: set[tuple[int, int]] = set()
    for detail in error.errors(include_url=False, include_input=False):
        where = _in_file(source, detail["loc"])
        error_there = _error(detail, where, _value_at(source.value, where))
        problem = source.problem(error_there, where, key=detail["type"] == "extra_forbidden")
        if (place := (problem.line, problem.column)) not in told or detail["type"] == "missing":
            told.add(place)
            yield problem


def _in_file(source: Source, loc: Where) -> Where:
    """Without the names that pydantic adds for the branches of a union."""
    where: Where = ()
    for part in loc:
        if (*where, part) in source.marks or (*where, part) in source.key_marks:
            where = (*where, part)
    return where


def _value_at(value: Any, where: Where) -> Any:
    """What a place holds; it is there."""
    for part in where:
        value = value[part]
    return value


def _error(detail: ErrorDetails, where: Where, value: Any) -> SpecError:
    kind, limits = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(detail["loc"])
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return WrongType(
            f"`method` must be {' or '.join(map(repr, METHODS))}.", hint=_meant(limits.get("tag"), METHODS)
        )
    if kind == "missing":
        return WrongType(f"`{detail['loc'][-1]}` is missing here.", hint=_meaning(detail["loc"]))
    last = next((str(part) for part in reversed(where) if isinstance(part, str)), "the spec")
    must = {
        "literal_error": f"be {limits.get('expected', '')}",
        "string_pattern_mismatch": f"be {PATTERNS.get(last, 'of another form')}",
        "too_short": "have at least one item",
        "greater_than_equal": f"be at least {limits.get('ge')}",
        "string_too_long": f"have at most {limits.get('max_length')} characters",
        "value_error": "be a duration such as 15m, 1h30m or 90d" + _quoted(value),
    }
    told = f"`{last}` must {must.get(kind) or 'be ' + EXPECTED.get(kind, 'of another type')}."
    return WrongType(told, hint=_meant(value, re.findall("'([^']+)'", must["literal_error"])))


def _meant(given: Any, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(given, list(known), n=1) if isinstance(given, str) else []
    return f"Did you mean `{near[0]}`?" if near else ""


def _quoted(value: Any) -> str:
    """A wrong value as it stands there, where it is too short for a secret."""
    return f", not {value!r}" if isinstance(value, (str, int, float)) and len(str(value)) <= QUOTED else ""


def _unknown_key(loc: Where) -> UnknownKey:
    key = str(loc[-1])
    model = MODELS.get(tuple(part for part in loc[:-1] if isinstance(part, str)))
    known = list(model.model_fields) if model else []
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(known)}."
    return UnknownKey(f"Unknown key `{key}`.", hint=hint)


def _meaning(loc: Where) -> str:
    model = MODELS.get(tuple(part for part in loc[:-1] if isinstance(part, str)))
    field = model.model_fields.get(str(loc[-1])) if model else None
    return (field.description or "") if field else ""
