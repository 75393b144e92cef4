"""What AWS knows, against what a spec names."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from producer.doctor.interface import Case
from producer.doctor.references import (
    Known,
    Reference,
    References,
    judge,
    judge_elsewhere,
    of_engine,
    references,
    unique,
)
from producer.iam_account import IamAccount
from producer.incident.proof import Witness
from producer.spec import Engine, Role, Root, Spec
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault

ENGINE = Engine("main", "aws", "eu-west-1", None, Root())
NET = "arn:aws:iam::111122223333:role/team/net"
OWN = "arn:aws:iam::111122223333:policy/own"


def found(*roles, home=""):
    return [one for role in roles for one in references(role, {"main": ENGINE}, {"main": home})]


def role_reference(longest=3600):
    return Reference("role", NET, "111122223333", "aws", "main/net", longest)


def test_everything_that_a_role_names_is_looked_for_where_it_must_be():
    roles = (
        Role("net", "main", "assumed_role", role_arns=(NET,), policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",)),
        Role("app", "main", "iam_user", groups=("devs",), permissions_boundary=OWN),
        Role("old", "main", "static", username="robot", rotation_period=3600),
    )
    assert [(one.kind, one.short, one.account) for one in found(*roles, home="999988887777")] == [
        ("role", "net", "111122223333"),
        ("policy", "ReadOnlyAccess", "aws"),
        ("policy", "own", "111122223333"),
        ("group", "devs", "999988887777"),
        ("user", "robot", "999988887777"),
    ]


def test_the_role_of_an_engine_without_a_key_is_one_too():
    engine = Engine("main", "aws", "eu-west-1", None, Root(), {"role_arn": NET, "identity_token_audience": "x"})
    assert [(one.kind, one.name) for one in of_engine(engine)] == [("role", NET)]
    assert list(of_engine(ENGINE)) == []


def test_what_several_roles_name_is_asked_for_once_with_the_longest_session_of_them():
    alike = [
        Role(name, "main", "assumed_role", role_arns=(NET,), default_ttl=ttl) for name, ttl in (("a", 900), ("b", 7200))
    ]
    (one,) = unique(found(*alike))
    assert (one.used_by, one.longest) == ("main/a, main/b", 7200)


@pytest.mark.parametrize(
    ("known", "sign"),
    [
        (Known(), "AWS doesn't know it, and main/net needs it."),
        (Known("arn:aws:iam::111122223333:role/net", 3600), "the path is part of a role's ARN"),
        (Known(NET, 1800), "It allows sessions of 30m, and main/net asks for 1h"),
    ],
)
def test_what_makes_aws_refuse_is_an_error(known, sign):
    finding = judge(role_reference(), known)
    assert finding.severity == "error"
    assert sign in finding.reason


def test_a_role_that_is_there_and_allows_as_much_is_fine():
    assert judge(role_reference(), Known(NET, 3600)).severity == "ok"


def test_what_is_in_another_account_is_not_called_missing():
    others = [Reference("policy", f"p{n}", "444455556666", "aws", "main/a") for n in range(7)]
    nowhere = Reference("group", "devs", "", "aws", "main/a")
    unknown, elsewhere = judge_elsewhere([*others, nowhere], "111122223333")
    assert (unknown.severity, elsewhere.severity) == ("skipped", "skipped")
    assert elsewhere.subject == "account 444455556666"
    assert "policy p4 and 2 more can't be seen from 111122223333" in elsewhere.reason


def test_what_the_aws_credentials_may_not_ask_for_is_not_called_missing():
    iam = boto3.client("iam", aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    role = Role("net", "main", "assumed_role", role_arns=(NET,))
    nobody = Vault(VaultSettings(address="http://127.0.0.1:9"), "none")
    case = Case(Spec("prod", (ENGINE,), (role,), ()), nobody, Witness(IamAccount("111122223333", "aws", iam)))
    with Stubber(iam) as aws:
        aws.add_client_error("get_role", "AccessDenied", "not authorized to perform: iam:GetRole")
        (finding,) = References().look(case)
    assert finding.severity == "skipped"
    assert "iam:GetRole" in finding.reason
