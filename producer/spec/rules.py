"""Rules that one role must keep, whatever else is in the spec. Each yields the field at fault and the error.

Sources: Vault's AWS engine (path_roles.go, `validate`) for what goes with which type; for TTLs AWS's API:
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and …/API_GetFederationToken.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from producer.spec.partitions import partition_of_arn
from producer.spec.schema import RoleModel
from vault_aws_kit import clock
from vault_aws_kit.errors import FieldNotForType, SpecError, TtlNotAllowed, WrongPartition, WrongType

POLICY_FIELDS = ("policy", "policies", "policy_document", "policy_arns", "groups")
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "iam_user": (*POLICY_FIELDS, "permissions_boundary", "path", "tags"),
    "assumed_role": (*POLICY_FIELDS, "role_arns", "external_id", "session_tags", "ttl"),
    "federation_token": (*POLICY_FIELDS, "ttl"),
    "session_token": ("mfa_serial_number", "ttl"),
    "static": ("username", "rotation_period"),
}
NEED_POLICY = ("iam_user", "federation_token")
TYPED_FIELDS = tuple(dict.fromkeys(field for fields in ALLOWED.values() for field in fields))
SHORTEST_TTL = 15 * 60
LONGEST_TTL = {"assumed_role": 12 * 3600, "federation_token": 36 * 3600, "session_token": 36 * 3600}
SHORTEST_ROTATION = 60
ROLE_NAME = re.compile(r"\w([\w.@-]*\w)?")
USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
MFA_DEVICE = re.compile(r"[\w+=/:,.@-]{9,256}", re.ASCII)
USER_PATH = re.compile(r"/([\x21-\x7e]+/)*")
ARNS = {
    "role_arns": (re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+"), "arn:aws:iam::111122223333:role/NAME"),
    "policy_arns": (
        re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+"),
        "arn:aws:iam::aws:policy/NAME",
    ),
}

Fault = tuple[str, SpecError]


def faults(role: RoleModel) -> Iterator[Fault]:
    """Everything that is wrong with a role whose texts have been rendered."""
    if not ROLE_NAME.fullmatch(role.name):
        yield (
            "name",
            WrongType(f"{role.name!r} is no name of a role: Vault takes letters, digits and _ - . @ in between."),
        )
    yield from _fields(role)
    yield from _ttl(role)
    yield from _arns(role)
    yield from _names(role)
    if role.path and not USER_PATH.fullmatch(role.path):
        yield "path", WrongType("`path` must begin and end with a slash, as in /vault/.")


def _fields(role: RoleModel) -> Iterator[Fault]:
    for field in TYPED_FIELDS:
        if getattr(role, field) and field not in ALLOWED[role.type] and field != "ttl":
            fits = [kind for kind, fields in ALLOWED.items() if field in fields]
            yield field, FieldNotForType(f"`{field}` has no meaning for {role.type}: it is for {' and '.join(fits)}.")
    if role.type == "assumed_role" and not role.role_arns:
        yield "type", FieldNotForType("An assumed_role needs `role_arns`: the AWS roles that may be assumed.")
    if role.type == "static" and not (role.username and role.rotation_period):
        told = "A static role needs `username`, an IAM user that is there, and `rotation_period`."
        yield "type", FieldNotForType(told)
    if role.type in NEED_POLICY and not any(getattr(role, field) for field in POLICY_FIELDS):
        yield (
            "type",
            FieldNotForType(
                f"A role of type {role.type} needs a policy: `policy`, `policy_document` or `policy_arns`."
            ),
        )


def _ttl(role: RoleModel) -> Iterator[Fault]:
    if role.rotation_period and role.rotation_period < SHORTEST_ROTATION:
        yield "rotation_period", TtlNotAllowed("`rotation_period` must be at least 1m.")
    if role.ttl is None:
        return
    if role.type == "static":
        told = "A static role takes no `ttl`: its key lives until Vault replaces it."
        yield "ttl", TtlNotAllowed(told, hint="Set `rotation_period`.")
        return
    if role.type == "iam_user":
        hint = "Set `lease: {default: …, max: …}` of its engine, which holds for all its iam_user roles."
        yield "ttl", TtlNotAllowed("An iam_user role takes no `ttl`: the lease of its engine decides.", hint=hint)
        return
    for name, amount in (("default", role.ttl.default), ("max", role.ttl.max)):
        longest = LONGEST_TTL[role.type]
        if amount is not None and not SHORTEST_TTL <= amount <= longest:
            bounds = f"15m to {clock.duration(longest)}"
            yield (
                "ttl",
                TtlNotAllowed(f"`ttl.{name}` is {clock.duration(amount)}, and AWS takes {bounds} for {role.type}."),
            )
    if role.ttl.default and role.ttl.max and role.ttl.default > role.ttl.max:
        yield "ttl", TtlNotAllowed("`ttl.default` is longer than `ttl.max`.")


def _names(role: RoleModel) -> Iterator[Fault]:
    if role.username and not USER_NAME.fullmatch(role.username):
        yield "username", WrongType(f"{role.username!r} is no name of an IAM user.")
    if role.mfa_serial_number and not MFA_DEVICE.fullmatch(role.mfa_serial_number):
        told = f"{role.mfa_serial_number!r} is no MFA device: one looks like arn:aws:iam::111122223333:mfa/NAME."
        yield "mfa_serial_number", WrongType(told)


def foreign(role: RoleModel, partition: str) -> Iterator[Fault]:
    """The ARNs of a role that are of another partition than its engine."""
    for field in ("role_arns", "policy_arns", "permissions_boundary", "mfa_serial_number"):
        value = getattr(role, field) or ()
        for arn in (value,) if isinstance(value, str) else value:
            if partition_of_arn(arn) not in ("", partition):
                yield field, wrong_partition(arn, partition)


def wrong_partition(what: str, partition: str) -> WrongPartition:
    return WrongPartition(
        f"{what} is of another partition than the engine's region, which is in {partition}.",
        hint="Write {{ partition }} where the partition stands, or name the engine of that partition.",
    )


def _arns(role: RoleModel) -> Iterator[Fault]:
    for field, (pattern, example) in ARNS.items():
        for arn in getattr(role, field):
            if not pattern.fullmatch(arn):
                yield field, WrongType(f"{arn!r} in `{field}` is no such ARN; one looks like {example}.")
    boundary = role.permissions_boundary
    if boundary and not ARNS["policy_arns"][0].fullmatch(boundary):
        yield "permissions_boundary", WrongType(f"{boundary!r} is no ARN of a policy.")
