"""`producer bootstrap`: from an empty Vault to an engine whose key nobody knows, however often it is stopped."""

from __future__ import annotations

import json

import pytest

from producer import bootstrap, root_user
from vault_aws_kit import errors


@pytest.fixture
def user(unique):
    return f"vak-{unique}-main"


def keys_of(aws, user):
    return [key["AccessKeyId"] for key in aws.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]]


def key_of(vault, unique):
    return vault.read(f"aws-{unique}/config/root")["data"]["access_key"]


@pytest.mark.parametrize("credentials", ["environment", "keep"])
def test_an_empty_vault_is_bootstrapped_then_set_up_and_then_there_is_nothing_to_do(
    producer, content, vault, aws, unique, user, credentials
):
    content["engines"][0] |= {"root": {"credentials": credentials}, "config": {"max_retries": 4}}
    done = producer("bootstrap", "--yes")
    assert done.code == 0, done.err
    assert keys_of(aws, user) == [key_of(vault, unique)]
    assert vault.read(f"aws-{unique}/config/root")["data"]["max_retries"] == 4
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert "claim" not in done.out
    assert keys_of(aws, user) == [key_of(vault, unique)]
    assert producer("plan", "--detailed-exitcode").code == 0
    assert vault.read(f"aws-{unique}/creds/app")["data"]["access_key"]
    before = key_of(vault, unique)
    assert "nothing to do" in producer("bootstrap").out
    assert key_of(vault, unique) == before


def test_the_key_that_worked_before_the_rotation_is_never_the_one_that_works_after(
    producer, vault, aws, unique, user, monkeypatch
):
    made = []
    make_key = root_user.make_key
    monkeypatch.setattr(root_user, "make_key", lambda *given: made.append(make_key(*given)) or made[-1])
    assert producer("bootstrap", "--yes").code == 0
    ((key_id, secret),) = made
    assert key_id not in keys_of(aws, user)
    assert secret not in json.dumps(producer("status", "--format", "json").out)


class Killed(BaseException):
    pass


@pytest.mark.parametrize("at", ["do_mounts", "do_user", "do_policy", "do_key", "do_rotate", "do_record"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_step_it_goes_on_from_there(producer, vault, aws, unique, user, monkeypatch, at, when):
    step = getattr(bootstrap.Bootstrap, at)

    def die(self):
        if when == "after":
            step(self)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap.Bootstrap, at, die)
        with pytest.raises(Killed):
            producer("bootstrap", "--yes")
    done = producer("bootstrap", "--yes")
    assert done.code == 0, done.err
    assert keys_of(aws, user) == [key_of(vault, unique)]
    assert "nothing to do" in producer("bootstrap").out


@pytest.mark.parametrize("name", ["engine_entry", "root_config"])
def test_a_key_that_was_made_and_not_handed_over_is_deleted(producer, vault, aws, unique, user, monkeypatch, name):
    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, name, die)
        with pytest.raises(Killed):
            producer("bootstrap", "--yes")
    (lost,) = keys_of(aws, user)
    assert producer("bootstrap", "--yes").code == 0
    assert lost not in keys_of(aws, user)
    assert keys_of(aws, user) == [key_of(vault, unique)]


def test_policies_follow_the_roles(producer, content, aws, user):
    producer("bootstrap", "--yes")
    content["roles"][0]["role_arns"] = ["arn:aws:iam::123456789012:role/other"]
    done = producer("bootstrap", "--yes")
    assert "~ IAM policies" in done.err
    assert "+ access key" not in done.err
    iam = aws.client("iam")
    (attached,) = iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]
    version = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
    (assume,) = [one for one in document["Statement"] if one["Sid"] == "AssumeRoles"]
    assert assume["Resource"] == ["arn:aws:iam::123456789012:role/other"]


def test_a_user_of_that_name_that_is_not_this_engines_is_left_alone(producer, vault, aws, unique, user):
    aws.client("iam").create_user(UserName=user)
    refused = producer("bootstrap", "--yes")
    assert refused.code == errors.RootUserTaken.exit_code
    assert "--user" in refused.err
    assert keys_of(aws, user) == []


def test_the_policy_is_printed_without_vault_and_aws(producer, monkeypatch):
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    (document,) = json.loads(producer("bootstrap", "--print-policy").out)["main"]
    assert {"RotateOwnKey", "AssumeRoles"} <= {one["Sid"] for one in document["Statement"]}


def test_nothing_is_done_without_consent(producer, vault, unique):
    assert producer("bootstrap").code == errors.Declined.exit_code
    assert f"aws-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]


def test_a_key_that_somebody_gave_vault_before_is_replaced_and_told_of(producer, vault, aws, unique, user, stack):
    producer("setup", "--yes")
    done = producer("bootstrap", "--yes")
    assert done.code == 0, done.err
    assert f"in place of {stack.env['AWS_ACCESS_KEY_ID']}, which AWS keeps" in done.err
    assert keys_of(aws, user) == [key_of(vault, unique)]
    assert producer("plan", "--detailed-exitcode").code == 0


def test_a_change_that_an_old_engine_takes_only_with_the_key_gives_it_a_fresh_one(
    producer, content, vault, aws, unique, user, old_engine
):
    producer("bootstrap", "--yes")
    before = key_of(vault, unique)
    content["engines"][0]["region"] = "eu-central-1"
    assert producer("setup", "--yes").code == errors.RootKeyUnknown.exit_code
    done = producer("bootstrap", "--yes")
    assert done.code == 0, done.err
    assert keys_of(aws, user) == [key_of(vault, unique)] != [before]
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert vault.read(f"aws-{unique}/config/root")["data"]["region"] == "eu-central-1"


def test_an_inactive_key_is_replaced(producer, vault, aws, unique, user):
    producer("bootstrap", "--yes")
    before = key_of(vault, unique)
    aws.client("iam").update_access_key(UserName=user, AccessKeyId=before, Status="Inactive")
    assert producer("bootstrap", "--yes").code == 0
    assert keys_of(aws, user) == [key_of(vault, unique)] != [before]


def test_a_user_of_another_vaults_engine_of_the_same_name_is_left_alone(producer, vault, aws, unique, user):
    producer("bootstrap", "--yes")
    before = keys_of(aws, user)
    vault.sys.disable_secrets_engine(f"aws-{unique}")
    assert producer("bootstrap", "--yes").code == errors.RootUserTaken.exit_code
    assert keys_of(aws, user) == before
