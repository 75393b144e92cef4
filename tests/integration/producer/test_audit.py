"""`producer audit`: IAM users that no lease ends any more, and nothing else, are found and deleted."""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from datetime import timedelta

import pytest

from producer import audit as audits
from vault_aws_kit import errors

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Users count as soon as they are made."""
    monkeypatch.setattr(audits, "GRACE", timedelta(0))


@pytest.fixture
def made(producer, content, unique):
    """Two roles with a path of the test's own, and names that no other engine of the same Vault has leases of."""
    content["roles"][1] |= {"name": f"app-{unique}", "path": f"/{unique}/"}
    content["roles"].append({**content["roles"][1], "name": f"other-{unique}"})
    done = producer("setup", "--yes")
    assert done.code == 0, done.err


@pytest.fixture
def iam(aws, unique):
    """IAM, with nothing left in the test's path afterwards."""
    client = aws.client("iam")
    yield client
    for name in users(client, unique):
        with contextlib.suppress(client.exceptions.NoSuchEntityException):  # Vault, ending its leases, was first
            delete(client, name)


def delete(iam, name):
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_user(UserName=name)


def users(iam, unique):
    pages = iam.get_paginator("list_users").paginate(PathPrefix=f"/{unique}/")
    return [user["UserName"] for page in pages for user in page["Users"]]


def name_for(role):
    """A name as Vault gives it to a role's user."""
    return f"vault-approle-x-{role}-{int(time.time())}-{secrets.token_hex(10)}"


def found(run):
    return {finding["user"]: finding for finding in json.loads(run.out)["findings"]}


def test_users_with_a_lease_are_no_orphans(made, producer, vault, unique, iam):
    vault.read(f"aws-{unique}/creds/app-{unique}")
    run = producer("audit")
    assert run.code == 0, run.out + run.err
    assert run.out.startswith("Nothing: Vault accounts for 1 IAM user of its engines")


def test_a_user_that_is_too_young_to_judge_is_told_and_not_accounted_for(
    made, producer, vault, unique, iam, monkeypatch
):
    monkeypatch.setattr(audits, "GRACE", timedelta(minutes=5))
    vault.read(f"aws-{unique}/creds/app-{unique}")
    iam.create_user(UserName=name_for(f"other-{unique}"), Path=f"/{unique}/")
    run = producer("audit")
    assert run.code == 0, run.out + run.err
    assert run.out.startswith("Nothing: Vault accounts for 1 of 2 IAM users")
    assert "1 IAM user too young to judge" in run.err


def test_a_user_whose_role_has_no_lease_is_an_orphan(made, producer, vault, unique, iam):
    vault.read(f"aws-{unique}/creds/app-{unique}")
    orphan = name_for(f"other-{unique}")
    iam.create_user(UserName=orphan, Path=f"/{unique}/")
    run = producer("audit", "--format", "json")
    assert run.code == errors.OrphansFound.exit_code
    assert list(found(run)) == [orphan]
    assert found(run)[orphan]["why"] == f"role other-{unique} has no lease"


@pytest.fixture
def two_engines(producer, content, unique):
    """Two engines of one account whose users stand in one path; each role is in one of them."""
    content["engines"].append({**content["engines"][0], "name": "second", "mount": f"second-{unique}"})
    content["roles"] = [
        {**content["roles"][1], "name": name, "engine": engine, "path": f"/{unique}/"}
        for name, engine in ((f"app-{unique}", "main"), (f"other-{unique}", "second"))
    ]
    done = producer("setup", "--yes")
    assert done.code == 0, done.err


def test_a_user_of_another_engine_in_the_same_path_is_no_orphan(two_engines, producer, vault, unique, iam):
    vault.read(f"second-{unique}/creds/other-{unique}")
    (alive,) = users(iam, unique)
    orphan = name_for(f"app-{unique}")
    iam.create_user(UserName=orphan, Path=f"/{unique}/")
    run = producer("audit", "--fix", "--yes", "--format", "json")
    assert json.loads(run.out)["deleted"] == [orphan]
    assert users(iam, unique) == [alive]


def test_an_engine_that_can_not_be_asked_makes_an_orphan_beside_it_a_guess(
    two_engines, producer, content, vault, unique, iam, monkeypatch
):
    content["name"] = f"{unique}-alone"
    content["engines"] = [{**content["engines"][0], "mount": f"third-{unique}"}]
    content["roles"], content["teams"] = [{**content["roles"][0]}], []
    vault.sys.create_or_update_policy(f"admin-{unique}", producer("acl").out)
    token = vault.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True)["auth"]["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    assert producer("setup", "--yes").code == 0
    vault.read(f"second-{unique}/creds/other-{unique}")
    run = producer("audit", "--fix", "--yes", "--format", "json")
    assert run.code == 0, run.err
    (one,) = found(run).values()
    assert (one["certain"], json.loads(run.out)["deleted"]) == (False, [])
    assert "whose leases this token may not see" in one["remedy"]


def test_a_user_older_than_the_longest_lease_is_an_orphan_even_if_its_role_has_leases(
    made, producer, content, vault, unique, iam
):
    content["engines"][0]["lease"] = {"default": "1s", "max": "1s"}
    producer("setup", "--yes")
    orphan = name_for(f"app-{unique}")
    iam.create_user(UserName=orphan, Path=f"/{unique}/")
    time.sleep(1.5)
    vault.read(f"aws-{unique}/creds/app-{unique}")
    run = producer("audit", "--format", "json")
    assert "the longest lease" in found(run)[orphan]["why"]


def test_fix_deletes_orphans_with_all_they_have_and_nothing_else(made, producer, vault, unique, iam, stack):
    vault.read(f"aws-{unique}/creds/app-{unique}")
    (alive,) = users(iam, unique)
    orphan, person, strange = name_for(f"other-{unique}"), f"alice-{unique}", "vault-backup"
    iam.create_user(UserName=orphan, Path=f"/{unique}/")
    iam.create_access_key(UserName=orphan)
    iam.put_user_policy(UserName=orphan, PolicyName="p", PolicyDocument=json.dumps(POLICY))
    for name in (person, strange):
        iam.create_user(UserName=name, Path=f"/{unique}/")
    iam.create_user(UserName=name_for(f"other-{unique}")[:-1] + "z", Path=f"/{unique}/deeper/")
    run = producer("audit", "--fix", "--yes")
    assert run.code == 0, run.err
    assert f"Deleted {orphan}." in run.err
    left = users(iam, unique)
    assert orphan not in left
    assert {alive, person, strange} < set(left)
    assert len(left) == 4
    assert vault.list(f"sys/leases/lookup/aws-{unique}/creds/app-{unique}")["data"]["keys"]


def test_nothing_is_deleted_where_nobody_can_be_asked(made, producer, unique, iam):
    iam.create_user(UserName=name_for(f"app-{unique}"), Path=f"/{unique}/")
    assert producer("audit", "--fix").code == errors.Declined.exit_code
    assert users(iam, unique)


def test_in_the_shared_path_an_orphan_is_a_guess_and_deleted_only_on_demand(producer, content, unique, aws):
    iam = aws.client("iam")
    role = f"r{unique}"
    content["roles"][1]["name"] = role
    assert producer("setup", "--yes").code == 0
    orphan = name_for(role)
    iam.create_user(UserName=orphan)
    run = producer("audit", "--fix", "--yes", "--format", "json")
    assert run.code == 0, run.err
    assert found(run)[orphan]["certain"] is False
    assert iam.get_user(UserName=orphan)
    aws_found = found(run)
    only_mine = {name: one for name, one in aws_found.items() if role in name}
    assert list(only_mine) == [orphan]
    iam.delete_user(UserName=orphan)


def test_an_account_that_is_not_the_engines_is_refused_instead_of_called_clean(made, producer, vault, unique):
    root = {"access_key": "AKIAOTHERACCOUNT1234", "secret_key": "x", "region": "eu-west-1"}
    vault.write_data(f"aws-{unique}/config/root", data=root)
    refused = producer("audit")
    assert refused.code == errors.AwsRefused.exit_code
    assert "AKIAOTHERACCOUNT1234" in refused.err


def test_without_aws_credentials_there_is_no_audit(made, producer, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert producer("audit").code == errors.NoAwsCredentials.exit_code
