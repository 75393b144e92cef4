"""What the IAM user behind an engine's root key may do: what the engine calls for its role types, and no more.

Source: Vault's AWS engine: secret_access_keys.go and path_user.go (iam_user), rotation.go and path_static_roles.go
(static), iam_policies.go (groups), path_config_rotate_root.go (its own key).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

from producer.spec import Engine, Role, Spec

Statement: TypeAlias = Mapping[str, Any]

LONGEST = 6144
"""Characters of a managed policy. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

MARK = "vault-aws-kit"
"""The tag that says which engine a root user was made for: SPEC/ENGINE, and the accessor of its mount in Vault."""

ROTATE_OWN = ("iam:GetUser", "iam:CreateAccessKey", "iam:DeleteAccessKey")
MAKE_USERS = ("iam:CreateUser",)
END_USERS = (
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:DeleteUser",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:ListAccessKeys",
    "iam:ListAttachedUserPolicies",
    "iam:ListGroupsForUser",
    "iam:ListUserPolicies",
)
"""What any user that the engine made may need, also one of a role that has since lost its policies."""
ROTATE_STATIC = ("iam:GetUser", "iam:ListAccessKeys", "iam:CreateAccessKey", "iam:DeleteAccessKey")
READ_GROUPS = ("iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies", "iam:GetGroupPolicy")
POWER = (
    "iam:AddUserToGroup",
    "iam:AttachUserPolicy",
    "iam:DeleteUser",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:PutUserPolicy",
)
"""With these on itself a user could give itself anything."""

_OWN_NAMES = "vault-"  # how the engine's own username_template begins


@dataclass(frozen=True)
class RootUser:
    """The IAM user of an engine. `account` "*" is any: IAM only ever acts in the caller's own."""

    name: str
    path: str
    owner: str
    partition: str = "aws"
    account: str = "*"

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:user{self.path}{self.name}"

    def users(self, pattern: str) -> str:
        """The ARN of users, by a pattern of path and name that begins with a slash."""
        return f"arn:{self.partition}:iam::{self.account}:user{pattern}"


def root_documents(spec: Spec, engine: Engine, user: RootUser) -> list[dict[str, Any]]:
    """The policy documents for an engine's root user, as many as AWS's limit for one makes necessary."""
    pieces = [piece for statement in root_statements(spec, engine, user) for piece in _pieces(statement)]
    documents: list[list[Statement]] = [[]]
    for piece in pieces:
        if len(minified(_document([*documents[-1], piece]))) > LONGEST and documents[-1]:
            documents.append([])
        documents[-1].append(piece)
    return [_document(statements) for statements in documents]


def root_statements(spec: Spec, engine: Engine, user: RootUser) -> list[Statement]:
    """Everything that the engine needs for its roles, with a Sid for each statement."""
    roles = [role for role in spec.roles if role.engine == engine.name]
    found = [
        _allow("RotateOwnKey", ROTATE_OWN, [user.arn]),
        *_iam_users(engine, [role for role in roles if role.type == "iam_user"], user),
        *_sessions(roles, user),
        *_static([role for role in roles if role.type == "static"], user),
    ]
    return _numbered(found)


def notes(spec: Spec, engine: Engine) -> list[str]:
    """What the policy can't say and a person must see to."""
    types = {role.type for role in spec.roles if role.engine == engine.name}
    limited = sorted(types & {"federation_token", "session_token"})
    if not limited:
        return []
    told = (
        f"Engine {engine.name!r}: credentials of {' and '.join(limited)} roles can do no more than the root user. "
        "Give that user, beside these policies, whatever those roles are to allow."
    )
    return [told]


def minified(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


# ── for each type of role ────────────────────────────────────────────────────────────────────────


def _iam_users(engine: Engine, roles: Sequence[Role], user: RootUser) -> Iterator[Statement]:
    by_path: defaultdict[str, list[Role]] = defaultdict(list)
    for role in roles:
        by_path[role.path or "/"].append(role)
    patterns = {path: f"{path}{_name_prefix(engine)}*" for path in sorted(by_path)}
    for path, pattern in patterns.items():
        tags = ("iam:TagUser",) if any(role.tags for role in by_path[path]) else ()
        yield _allow("KeysAndEndOfUsers", (*END_USERS, *tags), [user.users(pattern)])
        for boundary in sorted({role.permissions_boundary for role in by_path[path]}):
            alike = [role for role in by_path[path] if role.permissions_boundary == boundary]
            yield from _making(alike, boundary, user.users(pattern))
    groups = sorted({group for role in roles for group in role.groups})
    if groups:
        yield _allow("Memberships", ("iam:AddUserToGroup", "iam:RemoveUserFromGroup"), _groups(groups, user))
    yield from _never_root_users(tuple(patterns.values()), user)


def _making(roles: Sequence[Role], boundary: str, users: str) -> Iterator[Statement]:
    """Users of one path and boundary: what gives them rights is bound to that boundary, so that none is without."""
    within = {"StringEquals": {"iam:PermissionsBoundary": boundary}} if boundary else {}
    inline = ("iam:PutUserPolicy",) if any(role.policy_document for role in roles) else ()
    yield _allow("MakeUsers", (*MAKE_USERS, *inline), [users], within)
    policies = sorted({arn for role in roles for arn in role.policy_arns})
    if policies:
        condition = {**within, "ArnEquals": {"iam:PolicyARN": policies}}
        yield _allow("AttachToUsers", ("iam:AttachUserPolicy",), [users], condition)


def _never_root_users(patterns: Sequence[str], user: RootUser) -> Iterator[Statement]:
    """`*` in an ARN goes through slashes: users in "/" are a pattern that the root users' own path can fit too."""
    if not any(_may_meet(pattern, user.path) for pattern in patterns):
        return
    others = {"StringNotEquals": {f"aws:ResourceTag/{MARK}": user.owner}}
    within = any(pattern.startswith(user.path) for pattern in patterns)
    root_users = [user.arn] if within else [user.users(f"{user.path}*")]
    yield {**_allow("NeverPowerOverRootUsers", POWER, root_users), "Effect": "Deny"}
    keys = ("iam:CreateAccessKey", "iam:DeleteAccessKey")
    yield {**_allow("NeverKeysOfOtherRootUsers", keys, root_users, others), "Effect": "Deny"}


def _may_meet(pattern: str, path: str) -> bool:
    fixed = pattern.removesuffix("*")
    return path.startswith(fixed) or fixed.startswith(path)


def _sessions(roles: Sequence[Role], user: RootUser) -> Iterator[Statement]:
    assumed = [role for role in roles if role.type == "assumed_role"]
    if assumed:
        yield _allow("AssumeRoles", ("sts:AssumeRole",), sorted({arn for role in assumed for arn in role.role_arns}))
    tagged = sorted({arn for role in assumed if role.session_tags for arn in role.role_arns})
    if tagged:
        yield _allow("TagSessions", ("sts:TagSession",), tagged)
    types = {role.type for role in roles}
    if "federation_token" in types:
        federated = f"arn:{user.partition}:sts::{user.account}:federated-user/*"
        yield _allow("FederationTokens", ("sts:GetFederationToken",), [federated])
    if "session_token" in types:
        yield _allow("SessionTokens", ("sts:GetSessionToken",), ["*"])
    groups = sorted({group for role in roles if role.type != "iam_user" for group in role.groups})
    if groups:
        yield _allow("GroupsOfSessions", READ_GROUPS, _groups(groups, user))


def _static(roles: Sequence[Role], user: RootUser) -> Iterator[Statement]:
    """The spec knows a user's name and not its path."""
    names = sorted({role.username for role in roles})
    if names:
        users = [user.users(f"/{place}{name}") for name in names for place in ("", "*/")]
        yield _allow("RotateStaticUsers", ROTATE_STATIC, users)


# ── inside ───────────────────────────────────────────────────────────────────────────────────────


def _name_prefix(engine: Engine) -> str:
    """How the names of the engine's users begin: by its own template, or by the fixed part of the spec's."""
    template = str(engine.config.get("username_template") or "")
    return template.partition("{{")[0] if template else _OWN_NAMES


def _groups(names: Sequence[str], user: RootUser) -> list[str]:
    group = f"arn:{user.partition}:iam::{user.account}:group/"
    return [f"{group}{place}{name}" for name in names for place in ("", "*/")]


def _allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], condition: Mapping[str, Any] | None = None
) -> Statement:
    found = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}
    return {**found, "Condition": condition} if condition else found


def _numbered(statements: Sequence[Statement]) -> list[Statement]:
    """A Sid may stand only once in a policy."""
    sids = [str(statement["Sid"]) for statement in statements]
    counters = {sid: count(1) for sid in sids if sids.count(sid) > 1}
    return [
        {**statement, "Sid": f"{sid}{next(counters[sid])}"} if sid in counters else statement
        for sid, statement in zip(sids, statements, strict=True)
    ]


def _pieces(statement: Statement) -> Iterator[Statement]:
    """A statement in parts of which each fits into a policy: a role may name hundreds of ARNs."""
    if len(minified(_document([statement]))) <= LONGEST or len(statement["Resource"]) == 1:
        yield statement
        return
    half = len(statement["Resource"]) // 2
    for letter, resources in (("a", statement["Resource"][:half]), ("b", statement["Resource"][half:])):
        yield from _pieces({**statement, "Sid": f"{statement['Sid']}{letter}", "Resource": resources})


def _document(statements: Sequence[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
