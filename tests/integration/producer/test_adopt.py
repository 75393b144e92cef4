"""`producer adopt`: the spec of a live engine, of which a plan claims everything and changes nothing."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from producer.cli import main
from vault_aws_kit import errors

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": 'arn:aws:s3:::a/{{x}}/{% y "z\\'},
}
ARN = "arn:aws:iam::123456789012:role/"


@pytest.fixture
def run(as_admin, unique, capfd):
    def call(*argv):
        capfd.readouterr()
        code = main([*argv, "--catalog-mount", f"catalog-{unique}"])
        return code, *capfd.readouterr()

    return call


@pytest.fixture
def engine(vault, aws, unique):
    """An engine made by hand, with a role of every type."""
    mount = f"team/aws-{unique}"
    vault.sys.enable_secrets_engine("aws", path=mount, description="ours: 'since' 2012")
    vault.write(f"{mount}/config/root", access_key="AKIAADOPTED", secret_key="hush-hush-secret", max_retries=3)
    vault.write(f"{mount}/config/lease", lease="15m", lease_max="1h")
    text = json.dumps(DOCUMENT)
    roles = {
        "user": {"credential_type": "iam_user", "policy_document": text, "iam_groups": ["b", "a"],
                 "policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "user_path": "/x/",
                 "permissions_boundary_arn": "arn:aws:iam::aws:policy/PowerUserAccess", "iam_tags": ["a=1e5", "b={{c}}"]},
        "assume": {"credential_type": "assumed_role", "role_arns": [ARN + "b", ARN + "a"], "policy_document": text,
                   "default_sts_ttl": "30m", "max_sts_ttl": "1h"},
        "federate": {"credential_type": "federation_token", "policy_document": text, "default_sts_ttl": "1h"},
        "session": {"credential_type": "session_token"},
        "bare": {"credential_type": "iam_user", "policy_document": text},
    }  # fmt: skip
    for name, role in roles.items():
        vault.write_data(f"{mount}/roles/{name}", data=role)
    aws.client("iam").create_user(UserName=unique)
    vault.write_data(f"{mount}/static-roles/fixed", data={"username": unique, "rotation_period": "24h"})
    yield mount
    vault.sys.disable_secrets_engine(mount)


def test_a_plan_of_the_adopted_spec_claims_the_whole_engine_and_changes_nothing_of_it(run, engine, tmp_path):
    path = tmp_path / "spec.yaml"
    code, _, err = run("adopt", "--mount", engine, "--out", str(path))
    assert (code, "Not expressed" in err) == (0, False), err
    assert "hush" not in path.read_text()
    assert "AKIA" not in path.read_text()
    assert "&shared-1" in path.read_text()
    code, out, err = run("plan", "--spec", str(path), "--format", "json")
    assert code == 0, err
    actions = [(change["verb"], change["kind"]) for change in json.loads(out)["changes"]]
    # Inherent: the catalog, which the kit keeps its own records in, is made. Of the engine nothing is.
    assert {kind for verb, kind in actions if verb == "create"} <= {"catalog-mount", "catalog-entry"}, actions
    claimed = sorted(kind for verb, kind in actions if verb == "claim")
    assert claimed == ["aws-mount", "lease-config", *["role"] * 5, "root-config", "static-role"], actions
    assert {verb for verb, _ in actions} <= {"create", "claim"}


def test_an_engine_of_another_spec_is_refused(run, producer, unique):
    assert producer("setup", "--yes").code == 0
    code, _, err = run("adopt", "--mount", f"aws-{unique}")
    assert code == errors.EngineOwned.exit_code
    assert repr(unique) in err


def test_no_mount_and_a_mount_of_another_type_are_told_apart(run, unique):
    assert run("adopt", "--mount", f"none-{unique}")[0] == errors.MountMissing.exit_code
    assert run("adopt", "--mount", "sys")[0] == errors.WrongMountType.exit_code


def test_a_role_that_no_spec_can_express_is_a_comment_and_a_warning(run, engine, vault):
    vault.write_data(f"{engine}/roles/short", data={"credential_type": "session_token", "default_sts_ttl": "60s"})
    code, out, err = run("adopt", "--mount", engine)
    assert code == 0
    assert f"# NOT EXPRESSED: {engine}/roles/short" in out
    assert f"{engine}/roles/short" in err


def test_logins_whose_policies_grant_a_role_are_suggested_as_teams(run, engine, vault, unique):
    vault.sys.enable_auth_method("approle", path=f"approle-{unique}")
    hcl = f'path "{engine}/creds/us*" {{ capabilities = ["read"] }}'
    vault.sys.create_or_update_acl_policy(unique, hcl)
    vault.write_data(f"auth/approle-{unique}/role/web", data={"token_policies": [unique]})
    code, out, err = run("adopt", "--mount", engine)
    assert code == 0, err
    suggested = out.partition("# teams:")[2]
    name = engine.replace("/", "-")
    assert f"approle-{unique}" in suggested
    assert f"#   - {name}/user" in suggested
    assert f"{name}/assume" not in suggested


def test_a_login_by_signed_tokens_is_suggested_with_the_claims_that_it_is_bound_to(run, engine, vault, unique):
    vault.sys.enable_auth_method("jwt", path=f"jwt-{unique}")
    hcl = f'path "{engine}/creds/user" {{ capabilities = ["read"] }}'
    vault.sys.create_or_update_acl_policy(unique, hcl)
    claims = {"project_path": ["acme/web"]}
    bound = {"role_type": "jwt", "user_claim": "project_path", "bound_audiences": ["v"], "bound_claims": claims}
    vault.write_data(f"auth/jwt-{unique}/role/web", data={"token_policies": [unique], **bound})
    suggested = run("adopt", "--mount", engine)[1].partition("# teams:")[2]
    team = yaml.safe_load("teams:" + re.sub(r"^# ?", "", suggested, flags=re.MULTILINE))["teams"][0]
    (login,) = team["auth"]
    assert (login["mount"], login["bound_claims"], login["bound_audiences"]) == (f"jwt-{unique}", claims, ["v"])


def test_a_token_that_may_not_read_the_engine_is_told_so(run, engine, vault, unique, monkeypatch):
    vault.sys.create_or_update_acl_policy(unique, 'path "sys/mounts" { capabilities = ["read"] }')
    token = vault.auth.token.create(policies=[unique], no_parent=True)["auth"]["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    assert run("adopt", "--mount", engine)[0] == errors.NotAllowed.exit_code
