"""`producer trust`: what the AWS roles must say, and writing it without touching what others wrote."""

from __future__ import annotations

import json

import hcl2
import pytest

from vault_aws_kit import errors

OTHERS = {"Sid": "Others", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def iam(aws):
    return aws.client("iam")


@pytest.fixture
def target(iam, unique, content):
    """An AWS role that trusts somebody else already, and that the spec's role is to become."""
    document = {"Version": "2012-10-17", "Statement": [OTHERS]}
    arn = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    content["roles"][0] |= {"role_arns": [arn], "external_id": "ext", "session_tags": {"team": "web"}}
    return arn


def statements(iam, unique):
    return iam.get_role(RoleName=unique)["Role"]["AssumeRolePolicyDocument"]["Statement"]


def test_the_principal_is_the_bootstrapped_user_with_external_id_and_tags(producer, target, unique):
    producer("bootstrap", "--yes")
    assume, tag = json.loads(producer("trust", "--format", "json").out)[target]["Statement"]
    assert assume["Principal"]["AWS"].endswith(f":user/vault-aws-kit/vak-{unique}-main")
    assert assume["Condition"] == {"StringEquals": {"sts:ExternalId": ["ext"]}}
    assert (tag["Action"], tag["Condition"]["StringEquals"]) == ("sts:TagSession", {"aws:RequestTag/team": "web"})


def test_it_is_written_beside_what_others_wrote_and_only_once(producer, iam, target, unique):
    producer("bootstrap", "--yes")
    done = producer("trust", "--apply", "--yes")
    assert done.code == 0, done.err
    assert '+      "Sid": "VaultAwsKit' in done.err
    first = statements(iam, unique)
    assert first[0] == OTHERS
    assert len(first) == 3
    assert "Nothing to change" in producer("trust", "--apply").err
    assert statements(iam, unique) == first


def test_a_changed_role_replaces_its_own_statements_only(producer, content, iam, target, unique):
    producer("bootstrap", "--yes")
    producer("trust", "--apply", "--yes")
    del content["roles"][0]["session_tags"]
    producer("trust", "--apply", "--yes")
    assert [one["Sid"] == "Others" for one in statements(iam, unique)] == [True, False]


def test_nothing_is_written_without_consent(producer, iam, target, unique):
    producer("bootstrap", "--yes")
    assert producer("trust", "--apply").code == errors.Declined.exit_code
    assert statements(iam, unique) == [OTHERS]


def test_terraform_gets_the_same_policy(producer, target):
    printed = producer("trust", "--principal", "arn:aws:iam::123456789012:user/v", "--format", "terraform").out
    (data,) = hcl2.loads(printed)["data"]
    assert "aws_iam_policy_document" in str(data)
    assert '"sts:ExternalId"' in printed
    assert '"arn:aws:iam::123456789012:user/v"' in printed


def test_a_principal_that_nobody_knows_is_asked_for(producer, content, target):
    content["engines"][0]["root"] = {"credentials": "keep"}
    producer("setup", "--yes")
    refused = producer("trust")
    assert refused.code == errors.PrincipalUnknown.exit_code
    assert "--principal" in refused.err


def test_before_the_first_setup_nobody_can_know_the_principal(producer, target):
    refused = producer("trust")
    assert refused.code == errors.PrincipalUnknown.exit_code
    assert "isn't in Vault yet" in refused.err
    assert "`producer setup` first" in refused.err


@pytest.mark.parametrize(
    "principal", ["vault", "arn:aws:s3:::bucket", "*", "arn:aws:iam::1:user/v", "arn:aws:iam::123456789012:user/*"]
)
def test_a_principal_that_is_none_is_refused(producer, target, principal):
    assert producer("trust", "--principal", principal).code == errors.USAGE


def test_roles_of_other_accounts_alone_are_no_success(producer, content):
    content["roles"][0]["role_arns"] = ["arn:aws:iam::999999999999:role/net"]
    refused = producer("trust", "--principal", "arn:aws:iam::123456789012:user/v", "--apply", "--yes")
    assert refused.code == errors.AwsRefused.exit_code
    assert "Nothing could be looked at" in refused.err
    assert "999999999999" in refused.err
