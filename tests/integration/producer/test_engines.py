"""All that an engine can do, on the real one, and what becomes of a spec that asks an engine for more than it can."""

from __future__ import annotations

import json

import pytest

from vault_aws_kit import errors


@pytest.fixture
def engine(content):
    """The spec's only engine."""
    return content["engines"][0]


@pytest.fixture
def user(aws, unique):
    """An IAM user who is there already, with two keys: as many as AWS allows."""
    iam = aws.client("iam")
    iam.create_user(UserName=unique)
    for _ in range(2):
        iam.create_access_key(UserName=unique)
    yield unique
    for key in iam.list_access_keys(UserName=unique)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=unique, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=unique)


@pytest.fixture
def static(content, user):
    """The spec with a static role of that user."""
    made = {"name": "legacy", "type": "static", "username": user, "rotation_period": "1d"}
    content["roles"].append(made)
    return made


def settled(producer) -> bool:
    return producer("plan", "--detailed-exitcode").code == 0


def keys(aws, user):
    return {key["AccessKeyId"] for key in aws.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]}


# ── roles of every kind ──────────────────────────────────────────────────────────────────────────


def test_a_static_role_replaces_a_key_and_the_plan_says_so_before(static, producer, user, aws, vault, unique):
    before = keys(aws, user)
    plan = producer("plan")
    assert f"Vault makes a new key for IAM user {user}." in plan.out
    assert "the older one is deleted at once" in plan.out
    assert keys(aws, user) == before
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert settled(producer)
    (fresh,) = keys(aws, user) - before
    assert vault.read(f"aws-{unique}/static-creds/legacy")["data"]["access_key"] == fresh


def test_pruning_a_static_role_deletes_its_key_and_the_plan_says_so_before(
    static, producer, content, user, aws, vault, unique
):
    producer("setup", "--yes")
    key = vault.read(f"aws-{unique}/static-creds/legacy")["data"]["access_key"]
    content["roles"].remove(static)
    assert f"The key that Vault made for IAM user {user} is deleted at once" in producer("plan", "--prune").out
    assert producer("setup", "--yes", "--prune").code == 0
    assert key not in keys(aws, user)


def test_a_static_role_is_never_given_another_user(static, producer, vault, unique):
    producer("setup", "--yes")
    static["username"] = "somebody-else"
    refused = producer("setup", "--yes")
    assert refused.code == errors.StaticUserFixed.exit_code
    assert vault.read(f"aws-{unique}/static-roles/legacy")["data"]["username"] == unique


def test_what_makes_a_static_role_is_never_sent_twice_and_what_changes_it_may_be(static, producer, sent, unique):
    def written():
        return [
            one.repeatable
            for one in sent
            if (one.operation, one.path) == ("update", f"aws-{unique}/static-roles/legacy")
        ]

    assert producer("setup", "--yes").code == 0
    assert written() == [False]
    static["rotation_period"] = "2d"
    assert producer("setup", "--yes").code == 0
    assert written() == [False, True]


def test_a_session_token_role_keeps_the_mfa_device_of_its_root(producer, content, vault, unique):
    device = "arn:aws:iam::123456789012:mfa/root"
    content["roles"].append(
        {"name": "session", "type": "session_token", "mfa_serial_number": device, "ttl": {"max": "2h"}}
    )
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert settled(producer)
    made = vault.read(f"aws-{unique}/roles/session")["data"]
    assert (made["credential_type"], made["mfa_serial_number"], made["max_sts_ttl"]) == ("session_token", device, 7200)


# ── the engine itself ────────────────────────────────────────────────────────────────────────────

CONFIG = {
    "iam_endpoint": "https://iam.amazonaws.com",
    "sts_endpoint": "https://sts.eu-west-1.amazonaws.com",
    "sts_region": "eu-west-1",
    "sts_fallback_endpoints": ["https://sts.eu-central-1.amazonaws.com"],
    "sts_fallback_regions": ["eu-central-1"],
    "max_retries": 3,
    "username_template": "{{ printf \"vault-%s\" (random 20) }}",
}  # fmt: skip


def test_a_root_config_is_written_whole_and_drift_in_it_is_seen_and_mended(producer, engine, vault, unique):
    engine["config"] = CONFIG
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert settled(producer)
    found = vault.read(f"aws-{unique}/config/root")["data"]
    assert {name: found[name] for name in CONFIG} == CONFIG
    vault.write_data(f"aws-{unique}/config/root", data={"max_retries": 9})
    changes = json.loads(producer("plan", "--format", "json").out)["changes"]
    assert [(change["kind"], change["reasons"]) for change in changes] == [("root-config", ["drift"])]
    assert producer("setup", "--yes").code == 0
    mended = vault.read(f"aws-{unique}/config/root")["data"]
    assert (mended["max_retries"], mended["access_key"]) == (3, found["access_key"])


def test_a_mount_is_tuned_as_the_spec_says_and_no_lease_outlives_what_the_spec_needs(producer, engine, vault, unique):
    engine["tune"] = {"default_lease_ttl": "10m", "description": "ours", "listing_visibility": "unauth"}
    assert producer("setup", "--yes").code == 0
    assert settled(producer)
    found = vault.sys.list_mounted_secrets_engines()["data"][f"aws-{unique}/"]
    tuned = found["config"]
    assert (tuned["default_lease_ttl"], tuned["max_lease_ttl"], tuned["listing_visibility"]) == (600, 3600, "unauth")
    assert found["description"] == "ours"
    vault.sys.tune_mount_configuration(f"aws-{unique}", max_lease_ttl="9h")
    assert "drift" in producer("plan").out or "changed in Vault" in producer("plan").out
    assert producer("setup", "--yes").code == 0
    assert vault.sys.read_mount_configuration(f"aws-{unique}")["data"]["max_lease_ttl"] == 3600


def test_engines_of_several_partitions_stand_in_one_spec(producer, content, vault, unique):
    regions = {"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
    content["engines"] = [
        {"name": name, "mount": f"{name}-{unique}", "region": region, "root": {"credentials": "keep"}}
        for name, region in regions.items()
    ]
    arn = "arn:{{ partition }}:iam::123456789012:role/net"
    content["roles"] = [{"name": "net", "type": "assumed_role", "engine": name, "role_arns": [arn]} for name in regions]
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert settled(producer)
    for name, region in regions.items():
        root = vault.read(f"{name}-{unique}/config/root")["data"]
        assert root["region"] == region
        assert root["sts_endpoint"] == ("https://sts.cn-north-1.amazonaws.com.cn" if name == "aws-cn" else "")
        role = vault.read(f"{name}-{unique}/roles/net")["data"]
        assert role["role_arns"] == [f"arn:{name}:iam::123456789012:role/net"]


def test_a_root_without_a_key_is_refused_by_a_server_without_identity_tokens(producer, engine, vault, unique):
    engine["config"] = {"role_arn": "arn:aws:iam::123456789012:role/root", "identity_token_audience": "vault"}
    refused = producer("setup", "--yes")
    assert refused.code in (errors.PartlyApplied.exit_code, errors.UnsupportedField.exit_code)
    assert "role_arn" in refused.err
    assert vault.list(f"aws-{unique}/roles") is None


# ── an engine that can do less ───────────────────────────────────────────────────────────────────


@pytest.fixture
def tagged(content):
    """The spec with a field that engines before Vault 1.18 don't know."""
    content["roles"][0]["session_tags"] = {"team": "web"}


def test_a_field_that_a_mounted_engine_does_not_know_is_refused_before_anything_changes(
    old_engine, producer, content, vault, unique
):
    assert producer("setup", "--yes").code == 0
    content["roles"][0]["session_tags"] = {"team": "web"}
    content["roles"].append({**content["roles"][1], "name": "later"})
    for verb in (["plan"], ["setup", "--yes"]):
        refused = producer(*verb)
        assert refused.code == errors.UnsupportedField.exit_code
        assert "no field session_tags" in refused.err
    assert vault.read(f"aws-{unique}/roles/later") is None


def test_a_new_engine_that_does_not_know_a_field_is_unmounted_again(
    old_engine, tagged, producer, content, vault, unique
):
    refused = producer("setup", "--yes")
    assert refused.code == errors.UnsupportedField.exit_code
    assert f"aws-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]
    del content["roles"][0]["session_tags"]
    assert producer("setup", "--yes").code == 0
    assert settled(producer)


def test_a_role_that_a_server_takes_without_a_field_is_seen_and_not_left_behind(
    old_engine, tagged, producer, vault, unique
):
    old_engine.honest = False
    refused = producer("setup", "--yes")
    assert refused.code == errors.PartlyApplied.exit_code
    assert "no field session_tags" in refused.err
    assert vault.read(f"aws-{unique}/roles/net") is None
    assert vault.read(f"aws-{unique}/roles/app")


def test_an_engine_without_static_roles_is_said_to_have_none(old_engine, static, producer):
    refused = producer("setup", "--yes")
    assert refused.code == errors.UnsupportedField.exit_code
    assert "no static-roles at all" in refused.err


def test_an_engine_without_session_tokens_is_told_by_the_field_that_came_with_them(old_engine, producer, content):
    content["roles"].append({"name": "session", "type": "session_token"})
    refused = producer("setup", "--yes")
    assert refused.code == errors.UnsupportedField.exit_code
    assert "mfa_serial_number" in refused.err
