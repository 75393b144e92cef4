"""`--prune`: what the spec no longer has is deleted, and nothing else ever is."""

from __future__ import annotations

import copy
import json

import hvac
import pytest

from vault_aws_kit import errors


@pytest.fixture
def shrunk(producer, content):
    """Set up whole, then without the role `net`."""
    assert producer("setup", "--yes").code == 0
    content["roles"] = [role for role in content["roles"] if role["name"] != "net"]


def test_without_prune_it_stays_and_is_shown(shrunk, producer, vault, unique):
    shown = producer("plan")
    assert f"role           aws-{unique}/roles/net" in shown.out
    assert "--prune" in shown.out
    assert producer("setup", "--yes").code == 0
    assert vault.read(f"aws-{unique}/roles/net")


def test_with_prune_it_is_deleted_and_forgotten(shrunk, producer, vault, unique):
    assert f"- role           aws-{unique}/roles/net" in producer("plan", "--prune").out
    assert producer("setup", "--yes", "--prune").code == 0
    assert vault.read(f"aws-{unique}/roles/net") is None
    assert producer("plan", "--prune", "--detailed-exitcode").code == 0


def test_a_role_that_nobody_here_made_is_never_deleted(shrunk, producer, vault, unique):
    vault.write_data(f"aws-{unique}/roles/stranger", data={"credential_type": "iam_user", "policy_document": "{}"})
    assert producer("setup", "--yes", "--prune").code == 0
    assert vault.read(f"aws-{unique}/roles/stranger")


def test_more_deletions_than_allowed_are_refused_before_the_first(producer, content, vault, unique):
    content["roles"] += [{**content["roles"][1], "name": f"extra-{n}"} for n in range(3)]
    producer("setup", "--yes")
    content["roles"] = content["roles"][:2]
    refused = producer("setup", "--yes", "--prune", "--max-deletes", "2")
    assert refused.code == errors.TooManyDeletes.exit_code
    assert "--max-deletes 3" in refused.err
    assert vault.read(f"aws-{unique}/roles/extra-0")


def test_a_role_with_live_leases_is_refused_and_goes_with_them_when_told_so(producer, content, vault, unique, aws):
    producer("setup", "--yes")
    key = vault.read(f"aws-{unique}/creds/app")["data"]["access_key"]
    content["roles"] = [role for role in content["roles"] if role["name"] != "app"]
    refused = producer("setup", "--yes", "--prune")
    assert refused.code == errors.HasLeases.exit_code
    assert f"aws-{unique}/roles/app (1)" in refused.err
    assert vault.read(f"aws-{unique}/roles/app")
    assert producer("setup", "--yes", "--prune", "--revoke-leases").code == 0
    assert vault.read(f"aws-{unique}/roles/app") is None
    assert aws.owner_of(key) is None


def test_a_protected_role_stays_even_after_it_left_the_spec(producer, content, vault, unique):
    content["roles"][0]["protect"] = True
    producer("setup", "--yes")
    content["roles"].pop(0)
    shown = producer("setup", "--yes", "--prune")
    assert shown.code == 0
    assert "protected" in shown.out
    assert vault.read(f"aws-{unique}/roles/net")
    for verb in ("plan", "setup", "status"):
        said = producer(verb).out
        assert "No longer in the spec, but protected, and kept:\n  role" in said
        assert "`--prune` deletes them" not in said
    found = json.loads(producer("status", "--format", "json").out)
    assert (found["left_over"], found["protected"]) == ([], [f"role aws-{unique}/roles/net"])


def test_protection_that_changes_is_shown_and_recorded_and_then_a_prune_deletes(producer, content, vault, unique):
    producer("setup", "--yes")
    for protect, said in ((True, "(protected from now on"), (False, "(protected no longer")):
        content["roles"][0]["protect"] = protect
        assert f"aws-{unique}/roles/net  {said}" in producer("setup", "--yes").out
        assert "Nothing to change" in producer("plan").out
    content["roles"].pop(0)
    assert producer("setup", "--yes", "--prune").code == 0
    assert vault.read(f"aws-{unique}/roles/net") is None


def test_what_another_spec_owns_too_is_only_forgotten(producer, content, vault, unique):
    producer("setup", "--yes")
    first = json.loads(json.dumps(content))
    content["name"] = f"{unique}-other"
    assert producer("setup", "--yes").code == 0
    content["roles"] = content["roles"][:1]
    assert producer("setup", "--yes", "--prune").code == 0
    assert vault.read(f"aws-{unique}/roles/app")
    content.update(first)
    assert producer("plan", "--detailed-exitcode").code == 0


def test_an_engine_with_roles_that_stay_is_not_deleted(producer, content, vault, unique):
    content["engines"].append({**content["engines"][0], "name": "other", "mount": f"other-{unique}"})
    content["roles"] = [{**role, "engine": "main"} for role in content["roles"]]
    producer("setup", "--yes")
    vault.write_data(f"other-{unique}/roles/stranger", data={"credential_type": "iam_user", "policy_document": "{}"})
    content["engines"].pop()
    refused = producer("setup", "--yes", "--prune")
    assert refused.code == errors.MountInUse.exit_code
    assert "stranger" in refused.err
    vault.delete(f"other-{unique}/roles/stranger")
    assert producer("setup", "--yes", "--prune").code == 0
    assert f"other-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]


def test_a_team_that_left_the_spec_loses_its_login(producer, content, stack):
    content["teams"].append({**content["teams"][0], "name": "gone"})
    producer("setup", "--yes")
    given = json.loads(producer("handover", "gone", "--format", "json").out)
    client = hvac.Client(url=stack.vault_addr)
    secret = client.sys.unwrap(given["wrapping_token"])["data"]["secret_id"]
    content["teams"].pop()
    assert producer("setup", "--yes", "--prune").code == 0
    with pytest.raises(hvac.exceptions.InvalidRequest):
        client.auth.approle.login(given["role_id"], secret, mount_point=given["mount"])


def test_a_run_that_changes_and_deletes_is_killed_anywhere_and_the_next_one_ends_it(
    producer, killed, content, vault, unique
):
    before = copy.deepcopy(content)
    after = copy.deepcopy(content)
    before["teams"].append(
        {"name": "ops", "roles": ["app"], "auth": [{"method": "approle", "mount": f"approle-{unique}"}]}
    )
    after["roles"][0]["ttl"] = {"default": "20m", "max": "1h"}
    after["roles"].pop(1)
    survived = 0
    while True:
        content.update(copy.deepcopy(before))
        assert producer("setup", "--yes", "--prune", "--force-unlock").code == 0
        content.update(copy.deepcopy(after))
        if not killed(survived, "setup", "--yes", "--prune", "--revoke-leases", "--force-unlock"):
            break
        survived += 1
        ended = producer("setup", "--yes", "--prune", "--force-unlock")
        assert ended.code == 0, ended.err
        assert producer("plan", "--prune", "--detailed-exitcode").code == 0
        assert vault.list(f"aws-{unique}/roles")["data"]["keys"] == ["net"]
        assert vault.read(f"auth/approle-{unique}/role/vak-{unique}-ops") is None
    assert survived > 8
