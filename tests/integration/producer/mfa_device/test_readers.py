"""Only the logins that were named may read a device's codes, and they stay what they were otherwise."""

from __future__ import annotations

import json
import re
from pathlib import Path

import hvac
import pytest

from producer.mfa_device import bystanders
from vault_aws_kit import errors

from .conftest import BYSTANDERS


@pytest.fixture
def log_in(stack, vault, unique):
    """Logs in by a role of an AppRole mount of the test's own, which is made with one policy."""
    vault.sys.enable_auth_method("approle", path=f"approle-{unique}")

    def attempt(role: str) -> hvac.Client:
        path = f"auth/approle-{unique}/role/{role}"
        given = {
            "role_id": vault.read(f"{path}/role-id")["data"]["role_id"],
            "secret_id": vault.write(f"{path}/secret-id")["data"]["secret_id"],
        }
        client = hvac.Client(url=stack.vault_addr, token="")
        client.token = client.write(f"auth/approle-{unique}/login", **given)["auth"]["client_token"]
        return client

    for role in ("ci", "other"):
        vault.write(f"auth/approle-{unique}/role/{role}", token_policies=["some"], token_ttl=600, secret_id_num_uses=3)
    return attempt


@pytest.fixture
def login(unique, log_in) -> str:
    return f"approle:approle-{unique}/ci"


def may_read(client: hvac.Client, path: str) -> bool:
    try:
        return len(client.read(path)["data"]["code"]) == 6
    except hvac.exceptions.Forbidden:
        return False


def test_the_named_login_reads_codes_and_no_other_does(mfa, log_in, login, vault, user, unique, mount):
    before = vault.read(f"auth/approle-{unique}/role/ci")["data"]
    done = mfa("enroll", user, "--login", login, "--format", "json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["logins"] == [f"auth/approle-{unique}/role/ci"]
    assert may_read(log_in("ci"), f"{mount}/code/{user}")
    assert not may_read(log_in("other"), f"{mount}/code/{user}")
    after = vault.read(f"auth/approle-{unique}/role/ci")["data"]
    policy = f"vak-mfa.{mount}.{user}"
    assert after == {**before, "token_policies": ["some", policy]}


def test_a_reader_sees_which_device_it_is_and_can_do_nothing_else_with_the_key(
    mfa, log_in, login, aws, user, unique, mount
):
    aws.client("iam").create_user(UserName=f"{user}x")
    mfa("enroll", user, "--login", login)
    mfa("enroll", f"{user}x")
    reader = log_in("ci")
    assert reader.read(f"{mount}/keys/{user}")["data"]["account_name"].startswith("arn:aws:iam::123456789012:mfa/")
    assert not may_read(reader, f"{mount}/code/{user}x")
    for forbidden in (
        lambda: reader.write(f"{mount}/code/{user}", code="123456"),
        lambda: reader.delete(f"{mount}/keys/{user}"),
        lambda: reader.list(f"{mount}/keys"),
    ):
        with pytest.raises(hvac.exceptions.Forbidden):
            forbidden()


def test_logins_are_added_one_by_one_and_all_of_them_lose_it_at_the_end(mfa, there, log_in, login, vault, user, unique):
    mfa("enroll", user)
    mfa("enroll", user, "--login", login)
    more = mfa("enroll", user, "--login", login.replace("/ci", "/other"), "--format", "json")
    assert len(json.loads(more.out)["logins"]) == 2
    mfa("enroll", user)
    found = [vault.read(f"auth/approle-{unique}/role/{role}")["data"]["token_policies"] for role in ("ci", "other")]
    assert found == [["some", *there.policies()]] * 2
    mfa("rotate", user)
    assert may_read(log_in("ci"), f"{there.mount}/code/{user}")
    vault.delete(f"auth/approle-{unique}/role/other")
    assert mfa("unenroll", user, "--yes").code == 0
    assert vault.read(f"auth/approle-{unique}/role/ci")["data"]["token_policies"] == ["some"]
    assert vault.read(f"auth/approle-{unique}/role/other") is None
    assert there.policies() == []


def test_a_policy_that_somebody_took_away_is_given_back(mfa, log_in, login, vault, user, unique, mount):
    mfa("enroll", user, "--login", login)
    vault.write(f"auth/approle-{unique}/role/ci", token_policies=["some"])
    again = mfa("enroll", user)
    assert "up to date" in again.err
    assert may_read(log_in("ci"), f"{mount}/code/{user}")


def test_a_jwt_role_keeps_all_that_it_says(mfa, vault, user, unique):
    vault.sys.enable_auth_method("jwt", path=f"jwt-{unique}")
    path = f"auth/jwt-{unique}/role/ci"
    vault.write(
        path, role_type="jwt", user_claim="project_path", bound_audiences=["vault"], bound_claims_type="glob",
        bound_claims={"project_path": "acme/*"}, token_policies=["some"], token_ttl=600, clock_skew_leeway=10,
        token_bound_cidrs=["127.0.0.1/32"], claim_mappings={"ref": "ref"}, token_no_default_policy=True,
    )  # fmt: skip
    before = vault.read(path)["data"]
    assert mfa("enroll", user, "--login", f"jwt:jwt-{unique}/ci").code == 0
    after = vault.read(path)["data"]
    assert after["token_policies"] == ["some", f"vak-mfa.totp-{unique}.{user}"]
    assert {**after, "token_policies": ["some"]} == before
    mfa("unenroll", user, "--yes")
    assert vault.read(path)["data"] == before


@pytest.mark.parametrize("role", ["nobody", "ci/../other"])
def test_a_login_that_is_not_there_is_refused_before_anything_is_made(mfa, there, login, user, role):
    refused = mfa("enroll", user, "--login", login.replace("/ci", f"/{role}"))
    assert refused.code in (errors.UnknownReference.exit_code, errors.USAGE)
    assert there.nothing()


def test_a_policy_of_that_name_that_is_somebody_elses_is_left_alone(mfa, there, vault, user, mount):
    vault.sys.create_or_update_policy(f"vak-mfa.{mount}.{user}", 'path "x" { capabilities = ["read"] }')
    refused = mfa("enroll", user)
    assert refused.code == errors.NotOurs.exit_code
    assert there.every_device() == []
    assert "x" in vault.sys.read_acl_policy(f"vak-mfa.{mount}.{user}")["data"]["policy"]


def test_a_login_that_a_spec_manages_keeps_the_codes_and_shows_no_drift(mfa, producer, content, vault, user, unique):
    """Neither `plan` nor `setup` takes for a change what `enroll` has added, and `setup` keeps it when others change."""
    producer("setup", "--yes")
    role = f"auth/approle-{unique}/role/vak-{unique}-web"
    assert mfa("enroll", user, "--login", f"approle:approle-{unique}/vak-{unique}-web").code == 0
    assert producer("plan", "--detailed-exitcode").code == 0
    content["teams"][0]["auth"][0]["token_ttl"] = "20m"
    assert producer("setup", "--yes").code == 0
    found = vault.read(role)["data"]
    assert found["token_ttl"] == 1200
    assert sorted(found["token_policies"]) == [f"vak-mfa.totp-{unique}.{user}", f"vak-{unique}-web"]
    mfa("unenroll", user, "--yes")
    assert vault.read(role)["data"]["token_policies"] == [f"vak-{unique}-web"]
    vault.write(role, token_policies=["another"])
    assert producer("plan", "--detailed-exitcode").code == 2


def test_others_who_may_read_the_codes_already_are_told_of(mfa, vault, user, unique, mount, monkeypatch):
    monkeypatch.setattr(bystanders, "policies", BYSTANDERS)
    vault.sys.create_or_update_policy(f"wide-{unique}", f'path "{mount}/*" {{ capabilities = ["read"] }}')
    vault.sys.create_or_update_policy(f"narrow-{unique}", f'path "{mount}/code/x" {{ capabilities = ["read"] }}')
    done = mfa("enroll", user)
    assert f"wide-{unique}" in done.err
    assert f"narrow-{unique}" not in done.err


def test_the_policy_that_the_reference_shows_is_enough(mfa, log_in, login, vault, user, unique, mount, monkeypatch):
    page = (Path(__file__).parents[4] / "docs" / "reference" / "mfa-enroll.md").read_text()
    (policy,) = re.findall(r"```hcl\n(.*?)```", page, re.DOTALL)
    policy = re.sub(r"\btotp\b", mount, policy).replace("auth/github/", f"auth/approle-{unique}/")
    vault.sys.create_or_update_policy(f"enroller-{unique}", policy)
    given = vault.auth.token.create(policies=[f"enroller-{unique}"])["auth"]["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", given)
    for argv in (["enroll", user, "--login", login], ["enroll", user], ["rotate", user], ["unenroll", user, "--yes"]):
        done = mfa(*argv)
        assert done.code == 0, done.err
