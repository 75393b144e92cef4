"""What was pushed, shown and taken away again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from consumer.tfe import label
from tests.integration.consumer.conftest import CONSUMER, leases
from tests.tfe_server.state import ALL, Account
from vault_aws_kit import clock, errors
from vault_aws_kit.errors import RevokeFailed, TfeConflict, TfeRefused, TfeTokenMissing, TfeUnavailable


def label_of(workspace) -> label.Label:
    return label.read(workspace.vars.items[0].description)


def test_status_shows_until_when_it_holds_and_what_is_somebody_elses(tfe, web):
    tfe("push", "web", "--role", "app")
    web.vars.create({"key": "AWS_PROFILE", "value": "x", "category": "env"})
    web.vars.create({"key": "instance_type", "value": "x", "category": "terraform"})
    run = tfe("status", "web")
    rows = {line.split()[2]: line for line in run.out.splitlines()[1:]}
    assert set(rows) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_PROFILE"}
    assert "role app" in rows["AWS_SECRET_ACCESS_KEY"]
    assert f"until {clock.timestamp(label_of(web).until)}" in rows["AWS_SECRET_ACCESS_KEY"]
    assert "not the kit's" in rows["AWS_PROFILE"]


def test_status_as_json_has_the_lease_and_no_secret(tfe, web):
    tfe("push", "web", "--role", "app")
    run = tfe("status", "web", "--format", "json")
    told = {one["key"]: one for one in json.loads(run.out)}
    assert told["AWS_SECRET_ACCESS_KEY"]["access_key_id"] == web.vars.environment()["AWS_ACCESS_KEY_ID"]
    assert told["AWS_SECRET_ACCESS_KEY"]["lease_id"].count("/creds/app/") == 1
    assert told["AWS_SECRET_ACCESS_KEY"]["ended"] is False
    assert web.vars.environment()["AWS_SECRET_ACCESS_KEY"] not in run.out


def test_clear_removes_the_kits_variables_and_no_others_and_ends_the_key(tfe, web, aws, admin, engine):
    tfe("push", "web", "--role", "app", "--confirm-destroy")
    key = web.vars.environment()["AWS_ACCESS_KEY_ID"]
    web.vars.create({"key": "TF_LOG", "value": "INFO", "category": "env"})
    run = tfe("clear", "web")
    assert run.code == 0, run.err
    assert [one.key for one in web.vars.items] == ["TF_LOG"]
    assert not web.locked
    assert leases(admin, engine, "app") == []
    assert aws.owner_of(key) is None
    assert "Nothing in workspace web" in tfe("clear", "web").out


def test_clear_says_what_nobody_can_revoke(tfe, web):
    tfe("push", "web", "--role", "net")
    run = tfe("clear", "web")
    assert run.code == 0, run.err
    assert "Nobody can revoke an STS session" in run.err
    assert web.vars.items == []


def test_a_key_that_other_workspaces_still_use_is_not_revoked(tfe, acme, web, admin, engine):
    acme.workspace("api", "prod")
    tfe("push", "--tag", "prod", "--role", "app")
    run = tfe("clear", "web")
    assert "1 still use it" in run.err
    assert len(leases(admin, engine, "app")) == 1
    tfe("push", "--tag", "prod", "--role", "net")
    tfe("clear", "--tag", "prod")


def test_a_whole_push_is_cleared_and_revoked_by_its_tag(tfe, acme, web, admin, engine):
    acme.workspace("api", "prod")
    tfe("push", "--tag", "prod", "--role", "app")
    assert tfe("clear", "--tag", "prod").code == 0
    assert leases(admin, engine, "app") == []


def test_variables_are_removed_even_where_vault_cannot_be_asked_and_the_lease_is_named(tfe, web, monkeypatch):
    tfe("push", "web", "--role", "app")
    monkeypatch.delenv("VAULT_TOKEN")
    run = tfe("clear", "web")
    assert run.code == RevokeFailed.exit_code
    assert web.vars.items == []
    assert "Not revoked: lease aws-" in run.err


def test_what_was_removed_is_revoked_even_where_the_rest_fails(tfe, acme, web, tfe_server, admin, engine):
    api = acme.workspace("api")
    tfe("push", "web", "--role", "app")
    tfe("push", "api", "--role", "app")
    tfe_server.fault(f"DELETE .*/{api.id}/vars", times=9, status=503)
    run = tfe("clear", "web", "api")
    assert run.code == TfeUnavailable.exit_code
    assert (web.vars.items, len(api.vars.items)) == ([], 3)
    assert not api.locked
    assert len(leases(admin, engine, "app")) == 1
    assert "Removed nothing from workspace api, and not the rest" in run.err


def test_what_is_pushed_just_before_the_lock_is_taken_is_ended_too(tfe, web, tfe_server, admin, engine):
    tfe("push", "web", "--role", "net")
    fault = tfe_server.fault("POST .*/actions/lock", held=True)
    with ThreadPoolExecutor(1) as pool:

        def another_push() -> None:
            assert fault.arrived.wait(60)
            for one in web.vars.items:
                one.description = one.description.replace("role net", "role other")
            fault.may_go.set()

        other = pool.submit(another_push)
        run = tfe("clear", "web")
        other.result()
    assert run.code == 0, run.err
    assert web.vars.items == []
    assert "role other" in run.err
    assert "role net" not in run.err


def test_whoever_stops_a_clear_leaves_no_lock(tfe, web, tfe_server, aws_environment):
    tfe("push", "web", "--role", "net")
    fault = tfe_server.fault("DELETE .*/vars", nth=2, held=True)
    process = subprocess.Popen(
        [*CONSUMER, "tfe", "clear", "acme", "web"], env={**os.environ, **aws_environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert fault.arrived.wait(60)
    process.send_signal(signal.SIGTERM)
    fault.may_go.set()
    _, said = process.communicate(timeout=60)
    assert process.returncode == errors.INTERRUPTED, said
    assert len(web.vars.items) == 2
    assert not web.locked
    assert "and not the rest" in said


def test_another_vaults_lease_is_not_asked_of_this_one(tfe, web, monkeypatch, stack):
    tfe("push", "web", "--role", "app")
    monkeypatch.setenv("VAULT_ADDR", stack.vault_addr.replace("127.0.0.1", "localhost"))
    run = tfe("clear", "web")
    assert run.code == RevokeFailed.exit_code
    assert f"is of {stack.vault_addr}" in run.err


def test_a_locked_workspace_is_not_cleared(tfe, web):
    tfe("push", "web", "--role", "net")
    web.lock = (Account("bob"), "maintenance")
    run = tfe("clear", "web")
    assert run.code == TfeConflict.exit_code
    assert len(web.vars.items) == 4


def test_a_lock_that_a_kill_left_is_told_as_what_it_may_be(tfe, web):
    web.lock = (Account("ann"), "vault-aws-kit writes key ASIA1 (0123abcd)")
    assert "what a kill left: unlock it on its page" in tfe("clear", "web").err
    web.lock = (Account("ann"), "holidays")
    assert "kill" not in tfe("clear", "web").err


def test_who_may_not_read_variables_is_told_so(tfe, web, tfe_server, monkeypatch):
    monkeypatch.setenv("TFE_TOKEN", tfe_server.state.token(Account("ci", may=ALL - {"read-variables"}), "acme"))
    run = tfe("status", "web")
    assert run.code == TfeRefused.exit_code
    assert "may not read the variables of workspace web" in run.err


def test_who_has_no_token_is_told_how_to_get_one(tfe, web, monkeypatch):
    monkeypatch.delenv("TFE_TOKEN")
    run = tfe("status", "web")
    assert run.code == TfeTokenMissing.exit_code
    assert "terraform login localhost:" in run.err


@pytest.mark.parametrize("verb", ["push", "status", "clear"])
def test_some_place_must_be_named(tfe, as_ann, verb):
    role = ("--role", "app") if verb == "push" else ()
    assert tfe(verb, *role).code == 64
