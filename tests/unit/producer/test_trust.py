"""Trust policies: whose statements are replaced, and what roles that share a target need."""

from __future__ import annotations

from producer.spec import Engine, Role, Root, Spec
from producer.trust import sid, trusts

ENGINE = Engine("main", "aws", "eu-west-1", None, Root())
ARN = "arn:aws:iam::444455556666:role/net"
PRINCIPAL = "arn:aws:iam::111122223333:user/v"


def trust(*roles, **narrow):
    return trusts(Spec("prod", (ENGINE,), roles, ()), {"main": PRINCIPAL}, **narrow)


def role(name, **more):
    return Role(name, "main", "assumed_role", role_arns=(ARN,), **more)


def test_roles_with_one_target_share_a_statement_that_serves_each_of_them():
    (one,) = trust(role("a", external_id="x"), role("b", external_id="y"), role="a")
    assert one.statements[0]["Condition"] == {"StringEquals": {"sts:ExternalId": ["x", "y"]}}
    (without,) = trust(role("a", external_id="x"), role("b"))
    assert "Condition" not in without.statements[0]


def test_only_statements_of_this_engine_are_replaced():
    (one,) = trust(role("a"))
    other = {"Sid": sid(Spec("prod-main", (), (), ()), ENGINE) + "Assume", "Effect": "Allow"}
    stale = {"Sid": f"{one.own}Tag7", "Effect": "Allow"}
    merged = one.merged({"Version": "2012-10-17", "Statement": [other, stale], "Id": "kept"})
    assert merged == {"Version": "2012-10-17", "Statement": [other, *one.statements], "Id": "kept"}
    assert one.merged({"Statement": other})["Statement"][0] == other


def test_sids_are_letters_and_digits_and_tell_names_apart_that_look_alike():
    names = [("a-b", "c"), ("a", "b-c"), ("ab", "c")]
    sids = {sid(Spec(spec, (), (), ()), Engine(engine, "aws", "eu-west-1", None, Root())) for spec, engine in names}
    assert len(sids) == 3
    assert all(one.isalnum() for one in sids)
