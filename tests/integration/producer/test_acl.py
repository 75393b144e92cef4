"""`producer acl`: everything that the producer does, with a token that has that policy and no other."""

from __future__ import annotations

import json

import hcl2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vault_aws_kit import errors


@pytest.fixture
def limited(producer, vault, unique, monkeypatch):
    """Be somebody whose token has the printed policy, and not even `default`."""
    vault.sys.create_or_update_policy(f"admin-{unique}", producer("acl").out)
    token = vault.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True, no_parent=True)
    monkeypatch.setenv("VAULT_TOKEN", token["auth"]["client_token"])


def test_it_is_enough_to_set_up_an_empty_vault_and_to_find_nothing_to_do_afterwards(limited, producer):
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert producer("plan", "--detailed-exitcode").code == 0
    assert producer("plan", "--prune", "--detailed-exitcode").code == 0


def test_it_is_enough_to_see_everything(limited, producer, vault, unique):
    producer("setup", "--yes")
    vault.read(f"aws-{unique}/creds/app")
    found = json.loads(producer("status", "--format", "json").out)
    assert {role["name"]: role["leases"] for role in found["roles"]} == {"main/net": 0, "main/app": 1}


def test_it_is_enough_for_logins_of_every_kind_and_no_more_than_they_need(
    producer, content, vault, unique, monkeypatch
):
    vault.sys.enable_auth_method("userpass", path=f"up-{unique}")
    vault.write_data(f"auth/up-{unique}/users/ann", data={"password": "a-password"})
    content["teams"][0]["auth"] += [
        {"method": "userpass", "mount": f"up-{unique}", "users": ["ann"]},
        {"method": "jwt", "mount": f"jwt-{unique}", "create_mount": True, "jwks_url": "", "bound_issuer": "x",
         "jwt_validation_pubkeys": [KEY], "bound_audiences": ["v"], "bound_claims": {"sub": "a"}},
    ]  # fmt: skip
    vault.sys.create_or_update_policy(f"admin-{unique}", producer("acl").out)
    token = vault.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True)["auth"]["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert vault.read(f"auth/up-{unique}/users/ann")["data"]["token_policies"] == [f"vak-{unique}-web"]
    content["teams"][0]["auth"] = content["teams"][0]["auth"][:1]
    assert producer("setup", "--yes", "--prune").code == 0
    others = [f"auth/up-{unique}/users/ann/password", f"auth/jwt-{unique}/role/others"]
    assert {path: vault.sys.get_capabilities([path], token=token)["data"][path] for path in others} == {
        path: ["deny"] for path in others
    }


def test_it_is_enough_to_hand_a_login_over_and_to_destroy_the_earlier_ones(limited, producer):
    producer("setup", "--yes")
    assert producer("handover", "web").code == 0
    assert json.loads(producer("handover", "web", "--revoke-others", "--format", "json").out)["revoked"] == 1


def test_it_needs_no_other_one_when_roles_are_added_pruned_and_revoked(limited, producer, content, vault, unique):
    producer("setup", "--yes")
    content["roles"].append({**content["roles"][1], "name": "later"})
    assert producer("setup", "--yes").code == 0
    vault.read(f"aws-{unique}/creds/later")
    content["roles"] = content["roles"][:1]
    content["teams"].append({**content["teams"][0], "name": "ops"})
    assert producer("setup", "--yes", "--prune").code == errors.HasLeases.exit_code
    assert producer("setup", "--yes", "--prune", "--revoke-leases").code == 0
    assert vault.read(f"aws-{unique}/roles/later") is None


@pytest.mark.parametrize("target", [("--role", "app"), ("--team", "web"), ("--all",)])
def test_it_is_enough_to_revoke_freeze_thaw_and_audit(limited, producer, content, vault, unique, target):
    content["roles"][1]["path"] = f"/{unique}/"
    producer("setup", "--yes")
    producer("handover", "web")
    vault.read(f"aws-{unique}/creds/app")
    report = producer("revoke", *target, "--freeze", "--keep-sessions", "--yes", "--format", "json")
    assert json.loads(report.out)["unreached"] == [], report.err
    assert producer("thaw", *target, "--yes").code == 0
    assert producer("audit").code == 0
    assert producer("plan", "--detailed-exitcode").code == 0


def test_it_is_enough_to_prune_beside_another_spec_and_to_leave_alone_what_that_owns(
    producer, content, vault, unique, monkeypatch
):
    content["name"] = f"{unique}-other"
    assert producer("setup", "--yes").code == 0
    content["name"] = unique
    vault.sys.create_or_update_policy(f"admin-{unique}", producer("acl").out)
    token = vault.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True)["auth"]["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    assert producer("setup", "--yes").code == 0
    content["roles"] = content["roles"][:1]
    done = producer("setup", "--yes", "--prune")
    assert done.code == 0, done.err
    assert vault.read(f"aws-{unique}/roles/app")


def test_it_is_enough_to_delete_an_engine(limited, producer, content, vault, unique):
    content["engines"].append({**content["engines"][0], "name": "other", "mount": f"other-{unique}"})
    content["roles"] = [{**role, "engine": "main"} for role in content["roles"]]
    vault.sys.create_or_update_policy(f"admin-{unique}", producer("acl").out)
    assert producer("setup", "--yes").code == 0
    both = producer("acl").out
    content["engines"].pop()
    vault.sys.create_or_update_policy(f"admin-{unique}", both)
    assert producer("setup", "--yes", "--prune").code == 0
    assert f"other-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]


def test_it_is_enough_to_rotate_the_root_key(limited, producer, vault, unique, aws, monkeypatch):
    iam = aws.client("iam")
    iam.create_user(UserName=unique)
    iam.put_user_policy(UserName=unique, PolicyName="all", PolicyDocument=ALL)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    assert producer("setup", "--yes").code == 0
    rotated = producer("rotate-root", "--yes")
    assert rotated.code == 0, rotated.err
    assert vault.read(f"aws-{unique}/config/root")["data"]["access_key"] != key["AccessKeyId"]


KEY = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


@pytest.mark.parametrize(
    "path", ["aws-{0}/creds/app", "sys/policies/acl/default", "sys/policies/acl/vak-other-team", "auth/token/create",
             "other-{0}/roles/x", "sys/mounts/other-{0}", "catalog-{0}/data/other/teams/web", "sys/raw/x"],
)  # fmt: skip
def test_it_allows_nothing_of_anybody_elses(producer, vault, unique, path):
    vault.sys.create_or_update_policy(f"admin-{unique}", producer("acl").out)
    token = vault.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True)["auth"]["client_token"]
    may = vault.sys.get_capabilities([path.format(unique)], token=token)["data"][path.format(unique)]
    assert may == ["deny"]


def test_it_says_on_paper_and_to_whoever_prints_it_that_it_is_as_good_as_admin(producer):
    printed = producer("acl")
    assert "can become Vault's admin" in printed.err
    assert "# WARNING: Whoever may write ACL policies" in printed.out


def test_it_is_printed_without_vault_and_only_with_probe_covers_credentials(producer, unique, monkeypatch):
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    paths = json.loads(producer("acl", "--format", "json").out)["paths"]
    assert not any(path.startswith(f"aws-{unique}/creds") for path in paths)
    probing = json.loads(producer("acl", "--probe", "--format", "json").out)["paths"]
    assert probing[f"aws-{unique}/creds/*"] == ["read", "update"]


def test_each_path_stands_in_it_once(producer, content, unique):
    content["engines"].append({**content["engines"][0], "name": "other", "mount": f"other-{unique}"})
    content["roles"] = [{**role, "engine": "main"} for role in content["roles"]]
    content["teams"].append({**content["teams"][0], "name": "ops"})
    blocks = [path for block in hcl2.loads(producer("acl", "--probe").out)["path"] for path in block]
    assert len(blocks) == len(set(blocks))
