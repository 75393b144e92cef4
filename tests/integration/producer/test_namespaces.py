"""All that the producer does in a namespace, where the server has them."""

from __future__ import annotations

import hvac
import pytest


@pytest.fixture
def inside(as_admin, vault, stack, unique, monkeypatch):
    """Vault in a namespace of the test's own, which the producer is told of as Vault's own tools are."""
    try:
        vault.write_data(f"sys/namespaces/{unique}", data={})
    except (hvac.exceptions.InvalidPath, hvac.exceptions.InvalidRequest):
        pytest.skip("this server has no namespaces")
    monkeypatch.setenv("VAULT_NAMESPACE", unique)
    return hvac.Client(url=stack.vault_addr, token=stack.vault_token, namespace=unique)


def test_everything_stands_in_the_namespace_and_later_runs_find_it(inside, producer, content, vault, unique):
    assert producer("setup", "--yes").code == 0
    assert f"aws-{unique}/" in inside.sys.list_mounted_secrets_engines()["data"]
    assert f"aws-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]
    content["engines"][0]["lease"] = {"default": "10m", "max": "1h"}
    again = producer("setup", "--yes")
    assert again.code == 0, again.err
    assert producer("plan", "--prune", "--detailed-exitcode").code == 0


def test_a_team_logs_in_there_and_is_shut_out_again(inside, producer, unique, stack):
    producer("setup", "--yes")
    place = f"auth/approle-{unique}"
    role_id = inside.read(f"{place}/role/vak-{unique}-web/role-id")["data"]["role_id"]
    secret_id = inside.write(f"{place}/role/vak-{unique}-web/secret-id")["data"]["secret_id"]
    team = hvac.Client(url=stack.vault_addr, token="", namespace=unique)
    login = {"role_id": role_id, "secret_id": secret_id}
    team.token = team.write_data(f"{place}/login", data=login)["auth"]["client_token"]
    assert team.read(f"aws-{unique}/creds/app")["data"]["access_key"]
    frozen = producer("revoke", "--team", "web", "--freeze", "--yes")
    assert "the team is frozen" in frozen.out or "destroyed" in frozen.out, frozen.err
    with pytest.raises(hvac.exceptions.Forbidden):
        team.read(f"aws-{unique}/creds/app")
    assert producer("thaw", "--team", "web", "--yes").code == 0


def test_the_printed_policy_is_enough_there_too(inside, producer, content, unique, monkeypatch):
    inside.sys.create_or_update_policy(f"admin-{unique}", producer("acl").out)
    token = inside.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True)["auth"]["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    assert producer("setup", "--yes").code == 0
    content["roles"] = content["roles"][:1]
    assert producer("setup", "--yes", "--prune").code == 0
    assert inside.read(f"aws-{unique}/roles/app") is None
