"""`producer plan` and `producer setup` against a real Vault API."""

from __future__ import annotations

import json
import re

import pytest

from vault_aws_kit import errors, terminal
from vault_aws_kit import vault as transport


def written(sent):
    """What was written, but for the lock: that is nothing that the producer manages."""
    paths = [request.path for request in sent if request.operation in ("update", "delete")]
    return [path for path in paths if not path.endswith("/lock")]


def test_setup_makes_what_the_spec_says_and_a_second_run_writes_nothing(producer, vault, unique, sent):
    first = producer("setup", "--yes")
    assert first.code == 0, first.err
    role = vault.read(f"aws-{unique}/roles/net")["data"]
    assert role["credential_type"] == "assumed_role"
    assert role["role_arns"] == ["arn:aws:iam::123456789012:role/net"]
    assert (role["default_sts_ttl"], role["max_sts_ttl"]) == (1800, 3600)
    assert vault.read(f"aws-{unique}/config/lease")["data"] == {"lease": "15m0s", "lease_max": "1h0m0s"}
    sent.clear()
    again = producer("setup", "--yes")
    assert (again.code, written(sent)) == (0, [])
    assert again.out.startswith("Nothing to change")


def test_a_plan_shows_every_change_and_makes_none(producer, vault, unique, sent):
    shown = producer("plan", "--detailed-exitcode")
    assert shown.code == errors.CHANGES
    assert f"+ role           aws-{unique}/roles/net" in shown.out
    assert "to create." in shown.out
    assert written(sent) == []
    assert f"aws-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]


def test_a_plan_without_changes_exits_0_even_with_detailed_exitcode(producer):
    producer("setup", "--yes")
    assert producer("plan", "--detailed-exitcode").code == 0


def test_a_plan_needs_no_aws_credentials(producer, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert producer("plan").code == 0


def test_a_plan_for_machines_holds_what_is_and_what_will_be(producer, vault, unique):
    producer("setup", "--yes")
    role = vault.read(f"aws-{unique}/roles/net")["data"]
    vault.write_data(f"aws-{unique}/roles/net", data={**role, "max_sts_ttl": 7200})
    plan = json.loads(producer("plan", "--format", "json").out)
    (change,) = plan["changes"]
    assert (change["verb"], change["kind"], change["changed"]) == ("update", "role", ["max_sts_ttl"])
    assert (change["before"]["max_sts_ttl"], change["after"]["max_sts_ttl"]) == (7200, 3600)
    assert plan["summary"]["update"] == 1


def test_setup_brings_back_what_somebody_changed_in_vault(producer, vault, unique):
    producer("setup", "--yes")
    vault.sys.create_or_update_policy(f"vak-{unique}-web", 'path "sys/*" { capabilities = ["sudo"] }')
    assert producer("setup", "--yes").code == 0
    assert "sudo" not in vault.sys.read_policy(f"vak-{unique}-web")["data"]["rules"]


def test_setup_stops_where_nobody_can_be_asked_and_changes_nothing(producer, sent):
    stopped = producer("setup")
    assert stopped.code == errors.Declined.exit_code
    assert "--yes" in stopped.err
    assert written(sent) == []


def test_an_equal_object_that_is_not_ours_is_claimed_and_counts_as_a_change(producer, vault, unique):
    producer("setup", "--yes")
    vault.secrets.kv.v2.delete_metadata_and_all_versions(f"{unique}/owned/role", mount_point=f"catalog-{unique}")
    claimed = producer("plan", "--detailed-exitcode")
    assert claimed.code == errors.CHANGES
    assert f"= role           aws-{unique}/roles/net" in claimed.out
    producer("setup", "--yes")
    assert producer("plan", "--detailed-exitcode").code == 0


def test_a_different_object_that_is_not_ours_is_refused_and_replaced_only_on_take_over(producer, vault, unique):
    name = f"vak-{unique}-web"
    vault.sys.create_or_update_policy(name, 'path "mine" { capabilities = ["read"] }')
    refused = producer("setup", "--yes")
    assert refused.code == errors.NotOurs.exit_code
    assert f"acl-policy sys/policies/acl/{name} differs in policy" in refused.err
    assert f"aws-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]
    assert producer("setup", "--yes", "--take-over").code == 0
    assert "mine" not in vault.sys.read_policy(name)["data"]["rules"]


def test_a_mount_of_another_type_is_refused(producer, vault, unique):
    vault.sys.enable_secrets_engine("kv", path=f"aws-{unique}")
    refused = producer("setup", "--yes")
    assert refused.code == errors.WrongMountType.exit_code
    assert f"aws-{unique}/ in Vault is of type kv, not aws" in refused.err


def test_nothing_is_written_to_a_mount_that_can_not_hold_the_catalog(producer, vault, unique):
    vault.sys.enable_secrets_engine("kv", path=f"catalog-{unique}", options={"version": "1"})
    refused = producer("setup", "--yes")
    assert refused.code == errors.WrongMountType.exit_code
    assert f"catalog-{unique}/ in Vault is of type kv v1, not kv v2" in refused.err
    assert vault.list(f"catalog-{unique}") is None


def test_a_missing_permission_is_named_with_its_path(producer, vault, unique, monkeypatch):
    vault.sys.create_or_update_policy(f"little-{unique}", 'path "sys/capabilities-self" { capabilities = ["update"] }')
    token = vault.auth.token.create(policies=[f"little-{unique}"])["auth"]["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    refused = producer("plan")
    assert refused.code == errors.NotAllowed.exit_code
    assert f"lacks `read` on aws-{unique}/config/root" in refused.err
    assert "`producer acl` prints the policy that it needs." in refused.err


def test_what_fails_stops_only_what_needs_it_and_the_next_run_goes_on_from_there(producer, vault, unique, monkeypatch):
    vault.sys.create_or_update_policy(
        f"no-roles-{unique}",
        f'path "*" {{ capabilities = ["create", "read", "update", "delete", "list", "sudo"] }}\n'
        f'path "aws-{unique}/roles/app" {{ capabilities = ["read"] }}',
    )
    token = vault.auth.token.create(policies=[f"no-roles-{unique}"])["auth"]["client_token"]
    with monkeypatch.context() as limited:
        limited.setenv("VAULT_TOKEN", token)
        partly = producer("setup", "--yes")
    assert partly.code == errors.PartlyApplied.exit_code
    assert f"role aws-{unique}/roles/app: The token lacks `update`" in partly.err
    assert "left, because one that it needs failed" in partly.err
    assert vault.read(f"aws-{unique}/roles/net")
    assert vault.read(f"catalog-{unique}/data/{unique}/teams/web") is None
    assert producer("setup", "--yes").code == 0
    assert producer("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("lost", ["sys/mounts/aws-{0}", "aws-{0}/roles/app", "auth/approle-{0}/role/vak-{0}-web"])
def test_a_write_whose_answer_got_lost_is_no_failure(producer, unique, monkeypatch, lost):
    send = transport.Vault._send

    def cut(self, request, wrap_ttl=""):
        answer = send(self, request, wrap_ttl)
        if (request.operation, request.path) == ("update", lost.format(unique)):
            raise errors.VaultUnreachable("Vault doesn't answer: the connection was cut.")
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(transport.Vault, "_send", cut)
        done = producer("setup", "--yes")
    assert done.code == 0, done.err
    assert producer("plan", "--detailed-exitcode").code == 0


def test_an_engine_that_fails_leaves_the_others_alone(producer, content, vault, unique, monkeypatch):
    content["engines"].append({**content["engines"][0], "name": "second", "mount": f"second-{unique}"})
    content["roles"] = [{**role, "engine": engine} for role in content["roles"] for engine in ("main", "second")]
    content["teams"][0]["roles"] = ["main/*"]
    vault.sys.create_or_update_policy(
        f"no-root-{unique}",
        f'path "*" {{ capabilities = ["create", "read", "update", "delete", "list", "sudo"] }}\n'
        f'path "second-{unique}/config/root" {{ capabilities = ["read"] }}',
    )
    with monkeypatch.context() as limited:
        token = vault.auth.token.create(policies=[f"no-root-{unique}"])["auth"]["client_token"]
        limited.setenv("VAULT_TOKEN", token)
        assert producer("setup", "--yes").code == errors.PartlyApplied.exit_code
    assert sorted(vault.list(f"aws-{unique}/roles")["data"]["keys"]) == ["app", "net"]
    assert vault.list(f"second-{unique}/roles") is None
    assert producer("setup", "--yes").code == 0
    assert vault.list(f"second-{unique}/roles")


def test_a_run_killed_anywhere_leaves_nothing_that_a_later_run_does_not_know(producer, killed):
    """Kill before each write in turn; then everything that is in Vault is either recorded as ours, or not there yet."""
    producer("plan")
    survived = 0
    while killed(survived, "setup", "--yes", "--force-unlock"):
        survived += 1
        plan = json.loads(producer("plan", "--format", "json").out)
        assert {change["verb"] for change in plan["changes"]} <= {"create", "update"}, "something was not known"
    assert survived > 5
    assert producer("plan", "--detailed-exitcode").code == 0


def test_who_stops_a_setup_is_told_how_far_it_came_and_what_goes_on_from_there(producer, vault, unique, monkeypatch):
    tell = transport.Vault.tell

    def stopped(self, request):
        if "/roles/" in request.path:
            raise KeyboardInterrupt
        tell(self, request)

    with monkeypatch.context() as patch:
        patch.setattr(transport.Vault, "tell", stopped)
        run = producer("setup", "--yes")
    assert run.code == errors.INTERRUPTED
    assert re.search(r"Stopped after \d changes?\. `producer setup` goes on from there", run.err)
    assert vault.read(f"aws-{unique}/roles/app") is None
    assert producer("setup", "--yes").code == 0
    assert vault.read(f"aws-{unique}/roles/app")


def test_who_stops_a_setup_at_the_question_is_told_that_nothing_was_changed(producer, vault, unique, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal, "confirm", stopped)
    run = producer("setup")
    assert run.code == errors.INTERRUPTED
    assert "Stopped before anything was changed." in run.err
    assert f"aws-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]


def test_a_plan_says_that_setup_will_need_a_key(producer):
    assert "`setup` takes this key from environment" in producer("plan").out


def test_two_engines_may_have_roles_of_one_name(producer, content, vault, unique):
    content["engines"].append({**content["engines"][0], "name": "other", "mount": f"other-{unique}"})
    content["roles"] = [{**role, "engine": engine} for role in content["roles"] for engine in ("main", "other")]
    assert producer("setup", "--yes").code == 0
    assert vault.read(f"aws-{unique}/roles/net")
    assert vault.read(f"other-{unique}/roles/net")


def test_a_catalog_entry_of_any_size_is_kept_in_chunks_and_read_back_whole(producer, content, unique, as_admin):
    role = content["roles"][1]
    content["roles"] = [{**role, "name": f"app-{number:04}" + "x" * 200} for number in range(900)]
    assert producer("setup", "--yes").code == 0
    from vault_aws_kit.catalog import CHUNK, Catalog
    from vault_aws_kit.contract import TeamEntry
    from vault_aws_kit.settings import VaultSettings, find_token

    catalog = Catalog(transport.Vault(VaultSettings.from_environment(), find_token()), f"catalog-{unique}")
    text = catalog.read(f"{unique}/teams/web") or ""
    assert len(text) > CHUNK
    assert len(TeamEntry.from_json(text).roles) == 900
    assert producer("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("verb", ["plan", "status"])
def test_reading_verbs_write_nothing(producer, sent, verb):
    producer(verb)
    assert written(sent) == []


def test_no_secret_is_said_logged_or_kept_in_the_catalog(producer, vault, unique, monkeypatch, caplog):
    canary = "CANARYcanaryCANARYcanaryCANARYcanary1234"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", canary)
    caplog.set_level("DEBUG")
    runs = [
        producer("plan"),
        producer("setup", "--yes"),
        producer("setup", "--yes", "--format", "json"),
        producer("status"),
    ]
    said = "".join(run.out + run.err for run in runs) + caplog.text.replace("\n", "")
    stored = [
        str(vault.read(f"catalog-{unique}/data/{unique}/{name}"))
        for name in ("teams/web", "engines/main", "owned/role", "owned/root-config")
    ]
    assert canary not in said
    assert all(canary not in text and "data" in text for text in stored)
