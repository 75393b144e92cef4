"""Engines in a spec: their root config, tuning and partition, and the roles that only some engines have."""

from __future__ import annotations

import pytest
from botocore.loaders import Loader

from producer.spec.partitions import DNS_SUFFIX, partition_of
from vault_aws_kit import errors

ENGINE = "version: 1\nengines:\n  - {{name: main, region: {region}{more}}}\n"


def engine(more="", region="eu-west-1", rest=""):
    return ENGINE.format(region=region, more=f", {more}" if more else "") + rest


def role(text):
    return f"roles:\n  - {{name: a, {text}}}\n"


ASSUMED = "type: assumed_role, role_arns: ['arn:{}:iam::111122223333:role/a']"


def test_partitions_are_those_that_aws_has():
    for found in Loader().load_data("partitions")["partitions"]:
        assert DNS_SUFFIX[found["id"]] == found["outputs"]["dnsSuffix"]
        for region in found["regions"]:
            if not region.endswith("-global"):
                assert partition_of(region) == found["id"]


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [("eu-west-1", None), ("us-gov-west-1", None), ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn")],
)
def test_an_engine_finds_the_sts_of_its_partition(load, region, endpoint):
    (found,) = load(engine(region=region)).engines
    assert found.config.get("sts_endpoint") == endpoint


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1"])
def test_one_spec_can_be_written_for_every_partition(load, region):
    spec = load(engine(region=region, rest=role(ASSUMED.format("{{ partition }}"))))
    assert spec.roles[0].role_arns == (f"arn:{partition_of(region)}:iam::111122223333:role/a",)


FOREIGN = {
    "role_arns": ASSUMED.format("aws"),
    "policy_arns": "type: iam_user, policy_arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']",
    "permissions_boundary": "type: iam_user, groups: [g], permissions_boundary: 'arn:aws:iam::111122223333:policy/b'",
    "mfa_serial_number": "type: session_token, mfa_serial_number: 'arn:aws:iam::111122223333:mfa/root'",
    "policy_document": "type: iam_user, policy_document: {Version: '2012-10-17', Statement: "
    "[{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*'}]}",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN.keys())
def test_an_arn_of_another_partition_than_the_engines_is_refused(problems, text):
    (problem,) = problems(engine(region="us-gov-west-1", rest=role(text)))
    assert type(problem.error) is errors.WrongPartition
    assert "{{ partition }}" in problem.error.hint


STS = "https://sts.eu-west-1.amazonaws.com"
KEYLESS = "config: {role_arn: 'arn:aws:iam::111122223333:role/r', identity_token_audience: a}"
WRONG = {
    "an endpoint of another partition": ("config: {iam_endpoint: 'https://iam.amazonaws.com.cn'}", errors.WrongPartition),
    "a region of another partition": (
        "config: {sts_endpoint: 'https://sts.eu-west-1.amazonaws.com', sts_region: cn-north-1}", errors.WrongPartition),
    "a root role of another partition": (
        "config: {role_arn: 'arn:aws-cn:iam::111122223333:role/r', identity_token_audience: a}", errors.WrongPartition),
    "a field that means nothing alone": ("config: {sts_region: eu-west-1}", errors.FieldNotForType),
    "a role for a root that has a key": ("config: {role_arn: 'arn:aws:iam::111122223333:role/r'}", errors.FieldNotForType),
    "one fallback too few": (
        f"config: {{sts_endpoint: '{STS}', sts_fallback_regions: [eu-west-1], sts_fallback_endpoints: ['{STS}', '{STS}']}}",
        errors.FieldNotForType),
    "two ways to rotate": ("config: {rotation_period: 1d, rotation_schedule: '0 0 * * *'}", errors.FieldNotForType),
    "a key for a root without one": (
        f"root: {{credentials: environment}}, {KEYLESS}", errors.FieldNotForType),
    "a lease above the mount's": ("lease: {default: 1h, max: 2h}, tune: {max_lease_ttl: 1h}", errors.TtlNotAllowed),
    "a default above the longest": ("tune: {default_lease_ttl: 2h, max_lease_ttl: 1h}", errors.TtlNotAllowed),
}  # fmt: skip


@pytest.mark.parametrize(("text", "error"), WRONG.values(), ids=WRONG.keys())
def test_what_an_engine_can_not_be_is_refused(problems, text, error):
    assert [type(problem.error) for problem in problems(engine(text))] == [error]


def test_a_ttl_above_the_engines_mount_is_refused(problems):
    text = role(f"{ASSUMED.format('aws')}, ttl: {{default: 30m, max: 2h}}")
    (problem,) = problems(engine("tune: {max_lease_ttl: 1h}", rest=text))
    assert type(problem.error) is errors.TtlNotAllowed
    assert "max_lease_ttl" in problem.error.message


WRONG_ROLES = {
    "a static role without a user": ("type: static, rotation_period: 1d", errors.FieldNotForType),
    "a static role that is never rotated": ("type: static, username: ann", errors.FieldNotForType),
    "a static role that is rotated all the time": ("type: static, username: ann, rotation_period: 30s", errors.TtlNotAllowed),
    "a static role with a ttl": ("type: static, username: ann, rotation_period: 1d, ttl: {max: 1h}", errors.TtlNotAllowed),
    "a static role with a policy": ("type: static, username: ann, rotation_period: 1d, groups: [g]", errors.FieldNotForType),
    "a session with a policy": ("type: session_token, groups: [g]", errors.FieldNotForType),
    "a session for two days": ("type: session_token, ttl: {max: 48h}", errors.TtlNotAllowed),
    "an MFA device of a user": ("type: iam_user, groups: [g], mfa_serial_number: 'arn:aws:iam::1:mfa/a'", errors.FieldNotForType),
}  # fmt: skip


@pytest.mark.parametrize(("text", "error"), WRONG_ROLES.values(), ids=WRONG_ROLES.keys())
def test_what_a_role_of_another_type_has_is_refused(problems, text, error):
    assert [type(problem.error) for problem in problems(engine(rest=role(text)))] == [error]


def test_two_static_roles_of_one_user_would_delete_each_others_key(problems):
    one = "type: static, username: ann, rotation_period: 1d"
    (problem,) = problems(engine(rest=f"{role(one)}  - {{name: b, {one}}}\n"))
    assert type(problem.error) is errors.DuplicateName


def test_a_root_without_a_key_needs_no_credentials(load):
    (found,) = load(engine(KEYLESS)).engines
    assert (found.keyless, found.root.credentials) == (True, "keep")
