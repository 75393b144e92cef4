"""What an engine's root user may do: for each type of role exactly what the engine calls, on no more than it must."""

from __future__ import annotations

import json

import pytest

from producer.root_policy import LONGEST, RootUser, minified, notes, root_documents, root_statements
from producer.spec import Engine, Role, Root, Spec

ENGINE = Engine("main", "aws", "eu-west-1", None, Root())
USER = RootUser("vak-prod-main", "/vault-aws-kit/", "prod/main/aws_1", account="111122223333")
OWN = {"iam:GetUser", "iam:CreateAccessKey", "iam:DeleteAccessKey"}
ARNS = ("arn:aws:iam::444455556666:role/a", "arn:aws:iam::444455556666:role/b")
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
ENDING = {
    "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:DeleteUser", "iam:DeleteUserPolicy", "iam:DetachUserPolicy",
    "iam:ListAccessKeys", "iam:ListAttachedUserPolicies", "iam:ListGroupsForUser", "iam:ListUserPolicies",
}  # fmt: skip


def found(*roles, engine=ENGINE, user=USER):
    return root_statements(Spec("prod", (engine,), roles, ()), engine, user)


def actions(statements, resource=None):
    allowed = [one for one in statements if one["Effect"] == "Allow" and one["Sid"] != "RotateOwnKey"]
    return {action for one in allowed for action in one["Action"]}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role("a", "main", "assumed_role", role_arns=ARNS), {"sts:AssumeRole"}),
        (Role("a", "main", "assumed_role", role_arns=ARNS, session_tags={"a": "b"}), {"sts:AssumeRole", "sts:TagSession"}),
        (Role("a", "main", "federation_token", policy_document="{}"), {"sts:GetFederationToken"}),
        (Role("a", "main", "session_token"), {"sts:GetSessionToken"}),
        (
            Role("a", "main", "static", username="ci"),
            {"iam:GetUser", "iam:ListAccessKeys", "iam:CreateAccessKey", "iam:DeleteAccessKey"},
        ),
        (Role("a", "main", "iam_user", policy_document="{}"), {*ENDING, "iam:CreateUser", "iam:PutUserPolicy"}),
        (Role("a", "main", "iam_user", policy_arns=("x",)), {*ENDING, "iam:CreateUser", "iam:AttachUserPolicy"}),
        (Role("a", "main", "iam_user", tags={"a": "b"}), {*ENDING, "iam:CreateUser", "iam:TagUser"}),
        (
            Role("a", "main", "iam_user", groups=("g",)),
            {*ENDING, "iam:CreateUser", "iam:AddUserToGroup", "iam:RemoveUserFromGroup"},
        ),
        (
            Role("a", "main", "federation_token", groups=("g",)),
            {"sts:GetFederationToken", "iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies", "iam:GetGroupPolicy"},
        ),
    ],
)  # fmt: skip
def test_each_type_needs_exactly_these_actions_besides_the_rotation_of_the_own_key(role, expected):
    own, *_ = statements = found(role)
    assert (set(own["Action"]), own["Resource"]) == (OWN, [USER.arn])
    assert actions(statements) == expected


def test_roles_are_assumed_by_name_and_tagged_only_where_tags_are_asked_for():
    tagged = Role("b", "main", "assumed_role", role_arns=ARNS[1:], session_tags={"a": "b"})
    by_sid = {one["Sid"]: one for one in found(Role("a", "main", "assumed_role", role_arns=ARNS), tagged)}
    assert by_sid["AssumeRoles"]["Resource"] == list(ARNS)
    assert by_sid["TagSessions"]["Resource"] == [ARNS[1]]


def test_users_are_bound_to_their_path_their_names_and_their_boundary():
    role = Role("a", "main", "iam_user", "{}", ("arn:p",), permissions_boundary=BOUNDARY, path="/teams/")
    power = [one for one in found(role) if {"iam:CreateUser", "iam:AttachUserPolicy"} & set(one["Action"])]
    assert len(power) == 2
    for one in power:
        assert one["Resource"] == ["arn:aws:iam::111122223333:user/teams/vault-*"]
        assert one["Condition"]["StringEquals"] == {"iam:PermissionsBoundary": BOUNDARY}
    assert power[1]["Condition"]["ArnEquals"] == {"iam:PolicyARN": ["arn:p"]}


def test_a_star_that_reaches_the_root_users_too_gives_no_power_over_them():
    denied = [one for one in found(Role("a", "main", "iam_user", "{}")) if one["Effect"] == "Deny"]
    power, keys = denied
    assert power["Resource"] == ["arn:aws:iam::111122223333:user/vault-aws-kit/*"]
    assert {"iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:AddUserToGroup"} <= set(power["Action"])
    assert keys["Condition"] == {"StringNotEquals": {"aws:ResourceTag/vault-aws-kit": USER.owner}}


def test_users_of_a_path_apart_need_no_denial():
    assert not [one for one in found(Role("a", "main", "iam_user", "{}", path="/teams/")) if one["Effect"] == "Deny"]


def test_roles_of_other_engines_give_nothing():
    assert actions(found(Role("a", "other", "session_token"))) == set()


def test_sids_are_unique_and_documents_never_longer_than_aws_takes():
    arns = tuple(f"arn:aws:iam::{n:012}:role/{'x' * 40}" for n in range(300))
    role = Role("a", "main", "assumed_role", role_arns=arns)
    documents = root_documents(Spec("prod", (ENGINE,), (role,), ()), ENGINE, USER)
    assert len(documents) > 1
    assert all(len(minified(one)) <= LONGEST for one in documents)
    named = [
        r for one in documents for s in one["Statement"] if s["Sid"].startswith("AssumeRoles") for r in s["Resource"]
    ]
    assert sorted(named) == sorted(arns)
    two = found(Role("a", "main", "iam_user", path="/a/"), Role("b", "main", "iam_user", path="/b/"))
    sids = [one["Sid"] for one in two]
    assert len(sids) == len(set(sids))
    json.dumps(two)


def test_it_is_said_that_federated_sessions_can_do_no_more_than_the_root_user():
    spec = Spec("prod", (ENGINE,), (Role("a", "main", "federation_token"),), ())
    assert "no more than the root user" in notes(spec, ENGINE)[0]
    assert notes(Spec("prod", (ENGINE,), (), ()), ENGINE) == []
