"""A policy that writes everywhere is told from one that has to name `*`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from producer.doctor.policies import judge, wildcard_write
from producer.spec import Role, load_spec

EXAMPLE = Path(__file__).parents[4] / "docs/example/vault-aws.yaml"


def statement(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("wide", "sign"),
    [
        (statement("s3:PutObject"), "s3:PutObject"),
        (statement(["s3:GetObject", "ec2:Terminate*"], ["arn:aws:s3:::a/*", "*"]), "ec2:TerminateInstances"),
        (statement("iam:PutUserPolicy"), "hand out rights"),
        (statement("*"), "nearly every action"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "nearly every action"),
        ({"Effect": "Allow", "Action": "s3:PutObject", "NotResource": "arn:aws:s3:::a/*"}, "s3:PutObject"),
    ],
)
def test_writing_and_handing_out_rights_everywhere_is_seen(wide, sign):
    assert sign in wildcard_write(wide)


@pytest.mark.parametrize(
    "narrow",
    [
        statement("s3:PutObject", "arn:aws:s3:::a/*"),
        statement(["ec2:Describe*", "s3:GetObject", "s3:List*"]),
        statement("kms:CreateKey"),
        statement("s3:PutObject", Condition={"StringEquals": {"aws:ResourceTag/team": "web"}}),
        statement("nosuch:Thing"),
        {**statement("*"), "Effect": "Deny"},
    ],
    ids=["resource", "reads", "needs *", "condition", "unknown", "deny"],
)
def test_what_reads_is_narrowed_or_can_name_nothing_else_is_left_alone(narrow):
    assert wildcard_write(narrow) == ""


def test_the_finding_names_the_role_and_the_statement_and_many_actions_are_counted():
    document = {"Version": "2012-10-17", "Statement": [statement("s3:GetObject"), statement("ec2:Delete*", Sid="Wipe")]}
    (found,) = judge(Role("app", "main", "iam_user", policy_document=json.dumps(document)))
    assert (found.severity, found.subject) == ("warning", "main/app")
    assert "Wipe" in found.reason
    assert "more" in found.reason


def test_awss_own_policies_that_allow_everything_are_known_by_name():
    (found,) = judge(Role("a", "main", "iam_user", policy_arns=("arn:aws-cn:iam::aws:policy/AdministratorAccess",)))
    assert found.severity == "warning"
    assert not list(judge(Role("a", "main", "iam_user", policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",))))


def test_the_example_has_no_such_policy():
    assert [one for role in load_spec(EXAMPLE, ()).roles for one in judge(role)] == []
