"""Merging, sizes, the grammar."""

from __future__ import annotations

import json

import pytest

from producer.policies import Limit, check, check_size, lacks_get_user, merge, minify
from vault_aws_kit.errors import PolicyInvalid, PolicyTooLarge

READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}


def policy(*statements, **more):
    return {"Version": "2012-10-17", "Statement": list(statements)} | more


def test_statements_are_merged_in_order_and_identical_ones_once():
    other = READ | {"Sid": "Other"}
    assert merge([policy(READ), policy(other, READ)]) == policy(READ, other)


def test_different_statements_of_one_sid_get_numbers():
    second, third = READ | {"Resource": "arn:aws:s3:::b/*"}, READ | {"Resource": "arn:aws:s3:::c/*"}
    merged = merge([policy(READ), policy(second, READ | {"Sid": "Read2"}), policy(third)])
    assert [one["Sid"] for one in merged["Statement"]] == ["Read", "Read3", "Read2", "Read4"]
    check(merged)


def test_a_single_statement_may_stand_without_a_list():
    assert merge([policy() | {"Statement": READ}]) == policy(READ)


def test_policies_of_different_versions_are_not_merged():
    with pytest.raises(PolicyInvalid, match="versions"):
        merge([policy(READ), policy(READ, Version="2008-10-17")])


def test_minified_policies_mean_the_same_in_ascii():
    document = policy(READ | {"Resource": "arn:aws:s3:::é\u2028/*"})
    assert json.loads(minify(document)) == document
    assert minify(document).isascii()


def test_white_space_counts_in_a_session_and_not_for_a_user():
    text = "x" * 2040 + " " * 20
    check_size(text, Limit.USER_INLINE)
    with pytest.raises(PolicyTooLarge, match=r"2,060 characters.*a session policy no more than 2,048"):
        check_size(text, Limit.SESSION)


def test_the_limits_are_exact():
    for limit in Limit:
        check_size("x" * limit.characters, limit)
        with pytest.raises(PolicyTooLarge):
            check_size("x" * (limit.characters + 1), limit)
    assert (Limit.SESSION.characters, Limit.USER_INLINE.characters, Limit.MANAGED.characters) == (2048, 2048, 6144)


@pytest.mark.parametrize(
    ("statement", "lacks"),
    [
        ({"Effect": "Allow", "Action": "iam:GetUser"}, False),
        ({"Effect": "Allow", "Action": ["s3:*", "iam:get*"]}, False),
        ({"Effect": "Allow", "Action": "*"}, False),
        ({"Effect": "Allow", "NotAction": "s3:*"}, False),
        ({"Effect": "Allow", "NotAction": "iam:*"}, True),
        ({"Effect": "Deny", "Action": "iam:GetUser"}, True),
        ({"Effect": "Allow", "Action": "iam:GetUserPolicy"}, True),
    ],
)
def test_iam_get_user_is_found_in_every_spelling(statement, lacks):
    assert lacks_get_user(policy(statement)) is lacks


# ── the grammar ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "statement",
    [
        READ,
        {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "NotResource": ["arn:aws:s3:::a"]},
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        READ | {"Condition": {"Bool": {"aws:SecureTransport": True}, "NumericEquals": {"a:b": [1, "2"]}}},
        READ | {"Resource": "arn:aws:iam::*:user/${aws:username}"},
    ],
)
def test_what_aws_takes_passes(statement):
    check(policy(statement))
    check(policy(Id="x") | {"Statement": statement})


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (READ | {"Effect": "allow"}, "Effect of statement 'Read' must be \"Allow\" or \"Deny\", and is 'allow'"),
        (READ | {"Sid": "a b"}, "Sid of statement 'a b' must be letters and digits"),
        (READ | {"Action": "GetObject"}, "Action of statement 'Read' must be"),
        (READ | {"Action": []}, r"Action of statement 'Read' must be .*, and is \[\]"),
        (READ | {"Action": ["s3:Get Object"]}, "Action of statement 'Read' must be"),
        (READ | {"Resource": "bucket"}, "Resource of statement 'Read' must be"),
        (READ | {"Resource": 1}, "Resource of statement 'Read' must be"),
        (READ | {"Condition": {"Bool": "x"}}, "Condition of statement 'Read' must be"),
        (READ | {"Condition": {"Bool": {"k": {"x": 1}}}}, "Condition of statement 'Read' must be"),
        (READ | {"NotAction": "s3:*"}, "statement 'Read' needs exactly one of Action and NotAction"),
        ({"Effect": "Allow", "Action": "s3:*"}, "statement 1 needs exactly one of Resource and NotResource"),
        (READ | {"Principal": "*"}, "an identity policy can't have"),
        (READ | {"Actions": "s3:*"}, r"no element 'Actions' \(did you mean Action"),
        ("x", "statement 1 must be a mapping"),
    ],
)
def test_what_aws_refuses_is_told_with_its_statement(statement, said):
    with pytest.raises(PolicyInvalid, match=said):
        check(policy(statement))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"Statement": [READ]}, "the policy lacks Version"),
        (policy(READ, Version="2012-10-18"), "Version of the policy must be"),
        (policy(READ, Statment=[]), r"no element 'Statment' \(did you mean Statement"),
        (policy(), "Statement of the policy must be"),
        (policy(READ, READ | {"Action": "s3:*"}), "the Sid 'Read' more than once"),
        ({"Version": "2012-10-17", "Statement": 3}, "Statement of the policy must be"),
    ],
)
def test_what_is_wrong_with_the_policy_itself_is_told(document, said):
    with pytest.raises(PolicyInvalid, match=said):
        check(document)


def test_everything_wrong_is_told_at_once():
    with pytest.raises(PolicyInvalid) as raised:
        check({"Statement": [READ | {"Effect": "x"}, {"Sid": "Two", "Effect": "Deny", "Action": "x", "Resource": "*"}]})
    assert all(said in raised.value.message for said in ("lacks Version", "Effect of", "Action of statement 'Two'"))
