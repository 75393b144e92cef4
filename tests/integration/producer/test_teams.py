"""What teams get: `producer handover`, `producer status`, and a token that may do what it needs and no more."""

from __future__ import annotations

import json

import hvac
import pytest

from vault_aws_kit import errors


@pytest.fixture
def given(producer):
    """The spec set up, and the team's handover."""
    assert producer("setup", "--yes").code == 0
    return json.loads(producer("handover", "web", "--format", "json").out)


@pytest.fixture
def team(given, stack):
    """A client with the team's own token, got the way that the team gets it."""
    client = hvac.Client(url=stack.vault_addr)
    secret = client.sys.unwrap(given["wrapping_token"])["data"]["secret_id"]
    client.auth.approle.login(given["role_id"], secret, mount_point=given["mount"])
    return client


def test_a_secret_id_that_was_handed_over_can_be_unwrapped_once_and_logs_in(given, stack):
    client = hvac.Client(url=stack.vault_addr)
    secret = client.sys.unwrap(given["wrapping_token"])["data"]["secret_id"]
    login = client.auth.approle.login(given["role_id"], secret, mount_point=given["mount"], use_token=False)
    assert login["auth"]["policies"] == [p for p in login["auth"]["policies"] if p.startswith("vak-")]
    with pytest.raises(hvac.exceptions.InvalidRequest):
        client.sys.unwrap(given["wrapping_token"])


def test_a_handover_can_destroy_the_earlier_ones(given, producer, stack):
    client = hvac.Client(url=stack.vault_addr)
    old = client.sys.unwrap(given["wrapping_token"])["data"]["secret_id"]
    again = json.loads(producer("handover", "web", "--revoke-others", "--format", "json").out)
    assert again["revoked"] == 1
    with pytest.raises(hvac.exceptions.InvalidRequest):
        client.auth.approle.login(given["role_id"], old, mount_point=given["mount"])
    new = client.sys.unwrap(again["wrapping_token"])["data"]["secret_id"]
    assert client.auth.approle.login(given["role_id"], new, mount_point=given["mount"])


def test_a_handover_shows_a_person_what_to_send_and_what_to_do_with_it(given, producer):
    shown = producer("handover", "web", "--ttl", "10m")
    assert f"VAULT_ROLE_ID={given['role_id']}" in shown.out
    assert "WRAPPING_TOKEN=" in shown.out
    assert "within 10m" in shown.err


def test_a_handover_that_would_not_be_wrapped_makes_no_secret_id(given, producer, vault, unique):
    login = f"auth/{given['mount']}/role/vak-{unique}-web/secret-id"
    before = vault.list(login)["data"]["keys"]
    refused = producer("handover", "web", "--ttl", "0")
    assert refused.code == errors.USAGE
    assert "too short" in refused.err
    assert vault.list(login)["data"]["keys"] == before


def test_a_team_that_is_not_there_is_told_with_those_that_are(given, producer):
    refused = producer("handover", "wbe")
    assert refused.code == errors.TeamUnknown.exit_code
    assert "web" in refused.err


def test_a_team_without_approle_is_told_how_it_logs_in(producer, content, unique, vault):
    for method in ("userpass", "jwt"):
        vault.sys.enable_auth_method(method, path=f"{method}-{unique}")
    vault.write_data(f"auth/userpass-{unique}/users/ann", data={"password": "correct horse"})
    claims = {"repository": "acme/web"}
    content["teams"][0]["auth"] = [
        {"method": "jwt", "mount": f"jwt-{unique}", "preset": "github", "bound_claims": claims},
        {"method": "userpass", "mount": f"userpass-{unique}", "users": ["ann"]},
    ]
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    refused = producer("handover", "web")
    assert refused.code == errors.FieldNotForType.exit_code
    assert f"\n  consumer login --method jwt --mount jwt-{unique} --role vak-{unique}-web\n" in refused.err
    assert f"\n  consumer login --method userpass --mount userpass-{unique}\n" in refused.err


def test_a_team_gets_credentials_of_its_roles(team, unique):
    assert team.read(f"aws-{unique}/creds/app")["data"]["access_key"]
    assert team.write_data(f"aws-{unique}/sts/net", data={"ttl": "900s"})["data"]["security_token"]


@pytest.mark.parametrize(
    "path",
    ["aws-{0}/creds/other", "aws-{0}/roles/app", "aws-{0}/config/root", "catalog-{0}/data/{0}/owned/role",
     "catalog-{0}/data/{0}/teams/others", "sys/policies/acl/vak-{0}-web", "auth/approle-{0}/role/vak-{0}-web"],
)  # fmt: skip
def test_a_team_can_read_nothing_else(team, unique, path):
    with pytest.raises(hvac.exceptions.Forbidden):
        team.read(path.format(unique))


def test_a_team_can_renew_look_up_and_revoke_its_own_leases_and_token(team, unique):
    lease = team.read(f"aws-{unique}/creds/app")["lease_id"]
    assert team.sys.read_lease(lease)["data"]["renewable"]
    team.sys.renew_lease(lease)
    team.sys.revoke_lease(lease)
    assert team.auth.token.renew_self()["auth"]
    team.auth.token.revoke_self()


def test_a_team_can_not_make_child_tokens(team):
    with pytest.raises(hvac.exceptions.Forbidden):
        team.auth.token.create()


def test_status_shows_engines_roles_teams_and_active_leases(team, unique, producer):
    team.read(f"aws-{unique}/creds/app")
    team.read(f"aws-{unique}/creds/net")
    team.write_data(f"aws-{unique}/sts/net", data={"ttl": "900s"})
    found = json.loads(producer("status", "--format", "json").out)
    assert {role["name"]: role["leases"] for role in found["roles"]} == {"main/app": 1, "main/net": 2}
    assert {role["state"] for role in found["roles"]} == {"in place"}
    assert found["teams"][0]["roles"] == ["main/app", "main/net"]


def test_status_shows_what_is_left_over_and_what_nobody_here_made(given, producer, content, vault, unique):
    vault.write_data(f"aws-{unique}/roles/stranger", data={"credential_type": "iam_user", "policy_document": "{}"})
    content["roles"].pop(0)
    found = json.loads(producer("status", "--format", "json").out)
    assert found["left_over"] == [f"role aws-{unique}/roles/net"]
    assert found["not_ours"] == [f"aws-{unique}/roles/stranger"]
