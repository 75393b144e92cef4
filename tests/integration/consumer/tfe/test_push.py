"""Credentials put into workspaces, whole or not at all."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess

import pytest

from consumer.tfe import follow, label
from tests.integration.consumer.conftest import CONSUMER, leases, until
from tests.tfe_server.state import ALL, Account, Var
from vault_aws_kit import errors
from vault_aws_kit.errors import TfeConflict, TfeNotFound, TfeRefused, TfeRunFailed, TfeRunWaits, TfeUnavailable

SESSION = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"}
KEY = SESSION - {"AWS_SESSION_TOKEN"}


def held(workspace) -> dict[str, Var]:
    return {one.key: one for one in workspace.vars.items}


def values(workspace) -> dict[str, str]:
    return workspace.vars.environment()


def test_a_session_is_pushed_as_environment_variables_whose_secrets_nobody_reads_back(tfe, web, aws):
    run = tfe("push", "web", "--role", "net")
    assert run.code == 0, run.err
    assert set(values(web)) == SESSION
    assert {one.key for one in web.vars.items if one.sensitive} == SESSION - {"AWS_REGION"}
    assert values(web)["AWS_REGION"] == "eu-west-1"
    assert all(secret not in run.out + run.err for key, secret in values(web).items() if held(web)[key].sensitive
               and key != "AWS_ACCESS_KEY_ID")  # fmt: skip
    key = [values(web)[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")]
    assert "assumed-role/net/" in aws.client("sts", *key).get_caller_identity()["Arn"]


def test_the_description_says_whose_it_is_and_until_when_it_holds(tfe, web):
    tfe("push", "web", "--role", "app")
    found = label.read(held(web)["AWS_SECRET_ACCESS_KEY"].description)
    assert found.key == values(web)["AWS_ACCESS_KEY_ID"]
    assert found.origin == "role app"
    assert not found.ended
    assert found.lease
    assert not any(values(web)["AWS_SECRET_ACCESS_KEY"] in one.description for one in web.vars.items)


def test_the_workspace_is_locked_while_it_is_written_and_unlocked_then(tfe, web, tfe_server):
    tfe("push", "web", "--role", "net")
    changes = [re.sub(r"/(ws|var)-\w+", "", line.split("?")[0]) for line in tfe_server.asked if "GET" not in line]
    assert changes[0].endswith("actions/lock")
    assert changes[-1].endswith("actions/unlock")
    assert len(changes) == 2 + len(SESSION)
    assert not web.locked


def test_confirm_destroy_is_set_where_it_is_asked_for_and_removed_where_it_is_not(tfe, web):
    tfe("push", "web", "--role", "net", "--confirm-destroy")
    assert values(web)["CONFIRM_DESTROY"] == "1"
    tfe("push", "web", "--role", "net")
    assert "CONFIRM_DESTROY" not in values(web)


def test_what_an_earlier_push_left_is_gone_after_the_next(tfe, web):
    tfe("push", "web", "--role", "net")
    run = tfe("push", "web", "--role", "app")
    assert set(values(web)) == KEY
    assert "removed AWS_SESSION_TOKEN" in run.out


def test_the_lease_that_a_push_replaced_is_revoked(tfe, web, admin, engine):
    tfe("push", "web", "--role", "app")
    first = label.read(held(web)["AWS_REGION"].description).lease
    tfe("push", "web", "--role", "app")
    second = label.read(held(web)["AWS_REGION"].description).lease
    assert [f"{engine}/creds/app/{key}" for key in leases(admin, engine, "app")] == [second]
    assert first != second


def test_a_lock_that_cannot_be_given_up_is_said_and_costs_none_of_the_credentials(tfe, web, tfe_server, admin, engine):
    tfe("push", "web", "--role", "app")
    tfe_server.fault("POST .*/unlock", times=9, status=503)
    run = tfe("push", "web", "--role", "app")
    assert run.code == errors.PartlyApplied.exit_code
    assert "still locked is workspace web" in run.err
    assert set(values(web)) == KEY
    assert len(leases(admin, engine, "app")) == 1


def test_json_says_what_is_where(tfe, web):
    told = json.loads(tfe("push", "web", "--role", "app", "--format", "json").out)
    assert told["access_key_id"] == values(web)["AWS_ACCESS_KEY_ID"]
    assert told["lease_id"]
    assert told["places"] == [
        {"place": "workspace web", "written": sorted(KEY, key=list(values(web)).index), "removed": []}
    ]


def test_all_workspaces_with_a_tag_get_the_same_credentials(tfe, acme, web):
    others = [acme.workspace(f"api-{number}", "prod", "team=pay") for number in range(3)]
    acme.workspace("lab")
    run = tfe("push", "--tag", "prod", "--role", "app")
    assert run.code == 0, run.err
    assert len({values(one)["AWS_ACCESS_KEY_ID"] for one in (web, *others)}) == 1
    assert label.read(held(web)["AWS_REGION"].description).places == 4
    assert acme.workspaces[-1].vars.items == []


def test_a_region_of_the_teams_own_stays_unless_another_is_given_by_name(tfe, web):
    web.vars.create({"key": "AWS_REGION", "value": "us-east-2", "category": "env"})
    tfe("push", "web", "--role", "net")
    assert values(web)["AWS_REGION"] == "us-east-2"
    tfe("push", "web", "--role", "net", "--region", "eu-north-1")
    assert values(web)["AWS_REGION"] == "eu-north-1"


# ── what stands in the way ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ({"key": "AWS_ACCESS_KEY_ID", "category": "env"}, "not sensitive"),
        ({"key": "AWS_SECRET_ACCESS_KEY", "category": "terraform", "sensitive": True}, "Terraform variable"),
        ({"key": "TFC_VAULT_BACKED_AWS_AUTH", "value": "true", "category": "env"}, "credentials of their own"),
        ({"key": "TFC_VAULT_BACKED_AWS_AUTH_LOGS", "value": "true", "category": "env"}, "credentials of their own"),
    ],
)
def test_a_variable_of_another_kind_is_said_and_overwritten_only_by_force(
    tfe, web, admin, engine, tfe_server, variable, said
):
    web.vars.create(variable)
    run = tfe("push", "web", "--role", "app")
    assert run.code == TfeConflict.exit_code
    assert said in run.err
    assert variable["key"] in run.err
    assert len(web.vars.items) == 1
    assert leases(admin, engine, "app") == []
    assert not [line for line in tfe_server.asked if "GET" not in line]
    assert tfe("push", "web", "--role", "app", "--force").code == 0
    assert all(one.sensitive for one in web.vars.items if one.key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    assert {one.category for one in web.vars.items} == {"env"}


def test_a_session_token_that_is_not_the_kits_would_spoil_a_key_so_that_nothing_is_pushed(tfe, web, admin, engine):
    web.vars.create({"key": "AWS_SESSION_TOKEN", "value": "old", "category": "env", "sensitive": True})
    run = tfe("push", "web", "--role", "app")
    assert run.code == TfeConflict.exit_code
    assert "would spoil the key" in run.err
    assert set(values(web)) == {"AWS_SESSION_TOKEN"}
    assert leases(admin, engine, "app") == []
    assert not web.locked


def test_what_a_variable_set_gives_the_runs_stands_in_the_way_of_pushed_keys_too(tfe, acme, web, admin, engine):
    given = acme.varset("connected", projects=[web.project])
    given.vars.create({"key": "TFC_VAULT_BACKED_AWS_AUTH", "value": "true", "category": "env"})
    run = tfe("push", "web", "--role", "app")
    assert run.code == TfeConflict.exit_code
    assert "TFC_VAULT_BACKED_AWS_AUTH" in run.err
    assert tfe("push", "web", "--varset", "aws", "--role", "app").code == TfeConflict.exit_code
    assert values(web) == {}
    assert leases(admin, engine, "app") == []


def test_a_server_that_tells_nothing_of_variable_sets_is_used_all_the_same(tfe, web, tfe_server):
    tfe_server.fault("GET .*/all-vars", status=404)
    assert tfe("push", "web", "--role", "net").code == 0
    assert set(values(web)) == SESSION


def test_a_workspace_whose_runs_get_no_variables_is_told_of(tfe, web):
    web.execution_mode = "local"
    run = tfe("push", "web", "--role", "net")
    assert run.code == 0
    assert "Workspace web has execution mode local" in run.err


def test_keys_pushed_by_hand_are_overwritten_with_a_word(tfe, web):
    web.vars.create({"key": "AWS_SECRET_ACCESS_KEY", "value": "old", "category": "env", "sensitive": True})
    run = tfe("push", "web", "--role", "net")
    assert run.code == 0, run.err
    assert "AWS_SECRET_ACCESS_KEY of workspace web was not the kit's" in run.err
    assert values(web)["AWS_SECRET_ACCESS_KEY"] != "old"


def test_a_locked_workspace_is_said_by_whom_and_nothing_is_asked_of_vault(tfe, web, sent):
    web.lock = (Account("bob"), "maintenance")
    run = tfe("push", "web", "--role", "app")
    assert run.code == TfeConflict.exit_code
    assert "locked by user bob (maintenance)" in run.err
    assert not [path for path in sent if "/creds/" in path]
    assert web.vars.items == []


@pytest.mark.parametrize(("name", "said"), [("wbe", "Did you mean 'web'?"), ("nowhere", "no workspace 'nowhere'")])
def test_a_workspace_that_is_not_there_is_said(tfe, web, name, said):
    run = tfe("push", name, "--role", "app")
    assert run.code == TfeNotFound.exit_code
    assert said in run.err


@pytest.mark.parametrize("right", ["write-variables", "lock", "queue-run"])
def test_a_token_without_permission_is_told_before_anything_happens(
    tfe, web, tfe_server, monkeypatch, admin, engine, right
):
    monkeypatch.setenv("TFE_TOKEN", tfe_server.state.token(Account("ci", may=ALL - {right}), "acme"))
    run = tfe("push", "web", "--role", "app", "--run")
    assert run.code == TfeRefused.exit_code
    assert "TFE_TOKEN" in run.err
    assert leases(admin, engine, "app") == []
    assert web.vars.items == []


# ── halfway ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_nothing_stays_of_a_push_that_fails_halfway(tfe, web, acme, tfe_server, admin, engine, nth):
    other = acme.workspace("api")
    tfe_server.fault("POST .*/vars", nth=nth, times=2, status=503)
    run = tfe("push", "web", "api", "--role", "app")
    assert run.code == TfeUnavailable.exit_code, run.err
    assert (web.vars.items, other.vars.items) == ([], [])
    assert not web.locked
    assert not other.locked
    assert leases(admin, engine, "app") == []
    assert "Revoked lease" in run.err


def test_no_half_set_stays_where_an_earlier_push_is_partly_overwritten(tfe, web, tfe_server, admin, engine):
    tfe("push", "web", "--role", "app")
    tfe_server.fault("PATCH .*/vars", nth=2, times=9, status=503)
    run = tfe("push", "web", "--role", "app")
    assert run.code == TfeUnavailable.exit_code
    assert web.vars.items == []
    assert "Removed AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION from workspace web again" in run.err
    assert leases(admin, engine, "app") == []


def test_a_readable_variable_of_somebody_elses_is_put_back(tfe, web, tfe_server):
    web.vars.create({"key": "CONFIRM_DESTROY", "value": "0", "category": "env", "description": "mine"})
    tfe_server.fault("PATCH .*/vars", done=True, status=403)
    assert tfe("push", "web", "--role", "net", "--confirm-destroy").code == TfeRefused.exit_code
    assert [(one.key, one.value, one.description) for one in web.vars.items] == [("CONFIRM_DESTROY", "0", "mine")]


def test_what_was_deleted_by_force_is_put_back_too_where_it_could_be_read(tfe, web, tfe_server):
    before = {
        web.vars.create({"key": "AWS_SESSION_TOKEN", "value": "old", "category": "env"}).key: "env",
        web.vars.create({"key": "AWS_REGION", "value": '"eu"', "category": "terraform", "hcl": True}).key: "terraform",
    }
    tfe_server.fault("POST .*/vars", nth=3, status=403)
    run = tfe("push", "web", "--role", "app", "--region", "eu-west-1", "--force")
    assert run.code == TfeRefused.exit_code, run.err
    assert {one.key: one.category for one in web.vars.items} == before
    assert [(one.value, one.hcl) for one in web.vars.items if one.category == "terraform"] == [('"eu"', True)]
    assert "Put AWS_SESSION_TOKEN of workspace web back as it was" in run.err


def test_a_network_lost_halfway_leaves_dead_keys_and_says_what_is_left(tfe, web, tfe_server, admin, engine):
    tfe_server.fault("POST .*/vars", nth=2, times=99)
    tfe_server.fault(".*/(vars|unlock|acme/workspaces/web)", nth=4, times=99)
    run = tfe("push", "web", "--role", "app")
    assert run.code == TfeUnavailable.exit_code
    assert "could not all be removed" in run.err
    assert "Workspace web is still locked" in run.err
    assert leases(admin, engine, "app") == []


def test_what_vault_cannot_revoke_is_said_to_live_on(tfe, web, tfe_server):
    tfe_server.fault("POST .*/vars", nth=2, times=2, status=503)
    run = tfe("push", "web", "--role", "net")
    assert "Nobody can revoke an STS session" in run.err
    assert web.vars.items == []


def test_a_busy_server_costs_time_and_nothing_else(tfe, web, tfe_server):
    tfe_server.fault("POST .*/vars", nth=2, status=429, headers={"Retry-After": "0"})
    assert tfe("push", "web", "--role", "net").code == 0
    assert set(values(web)) == SESSION


def test_a_lease_that_ends_with_the_vault_token_is_warned_of(tfe, web, team, monkeypatch):
    team.tune(token_ttl="60s")
    monkeypatch.setenv("VAULT_TOKEN", team.token())
    run = tfe("push", "web", "--role", "app")
    assert run.code == 0, run.err
    assert "end with your Vault token" in run.err


# ── whoever stops it ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def pushing(as_ann, as_team, aws_environment, catalog_mount):
    """Starts `consumer tfe push acme web --role app` as a process of its own."""

    def start(**variables: str) -> subprocess.Popen[str]:
        argv = [*CONSUMER, "tfe", "push", "acme", "web", "--role", "app", "--catalog-mount", catalog_mount]
        env = {**os.environ, **aws_environment, **variables}
        return subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    return start


@pytest.mark.parametrize(
    ("number", "request_line", "nth"), [(signal.SIGINT, "POST .*/lock", 1), (signal.SIGTERM, "POST .*/vars", 2)]
)
def test_whoever_stops_a_push_finds_nothing_of_it_left(
    pushing, web, tfe_server, admin, engine, number, request_line, nth
):
    fault = tfe_server.fault(request_line, nth=nth, held=True)
    process = pushing()
    assert fault.arrived.wait(60)
    process.send_signal(number)
    fault.may_go.set()
    _, said = process.communicate(timeout=60)
    assert process.returncode == errors.INTERRUPTED, said
    assert web.vars.items == []
    assert not web.locked
    assert leases(admin, engine, "app") == []


def test_whoever_stops_it_when_all_is_written_finds_all_of_it_and_no_lock(pushing, web, tfe_server, admin, engine):
    fault = tfe_server.fault("POST .*/unlock", held=True)
    process = pushing()
    assert fault.arrived.wait(60)
    process.send_signal(signal.SIGTERM)
    fault.may_go.set()
    _, said = process.communicate(timeout=60)
    assert process.returncode == errors.INTERRUPTED, said
    assert set(values(web)) == KEY
    assert not web.locked
    assert len(leases(admin, engine, "app")) == 1


def test_whoever_stops_it_while_vault_answers_leaves_no_lease(pushing, web, way, admin, engine):
    process = pushing(VAULT_ADDR=way.address)
    assert way.asked.wait(60)
    assert until(lambda: leases(admin, engine, "app"), "lease")
    process.send_signal(signal.SIGTERM)
    way.answer.set()
    _, said = process.communicate(timeout=60)
    assert process.returncode == errors.INTERRUPTED, said
    assert leases(admin, engine, "app") == []
    assert web.vars.items == []


def test_whoever_looks_no_longer_at_a_run_leaves_it_to_go_on(tfe, web, tfe_server, monkeypatch):
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(follow.time, "sleep", stop)
    run = tfe("push", "web", "--role", "net", "--run")
    assert run.code == errors.INTERRUPTED
    assert f"Run {web.runs[0].id} goes on" in run.err
    assert set(values(web)) == SESSION


# ── runs ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def no_pause(monkeypatch):
    monkeypatch.setattr(follow, "SHORTEST", 0.01)


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (("planning", "planned", "applying", "applied"), 0),
        (("planning", "errored"), TfeRunFailed.exit_code),
        (("planning", "planned"), TfeRunWaits.exit_code),
    ],
)
def test_a_run_is_started_with_the_whole_set_and_seen_to_its_end(tfe, web, no_pause, states, code):
    web.runs_go = states
    run = tfe("push", "web", "--role", "net", "--run", "--message", "Nightly")
    assert run.code == code
    assert set(web.runs[0].environment) == SESSION
    assert web.runs[0].message == "Nightly"
    assert f"/app/acme/workspaces/web/runs/{web.runs[0].id}" in run.err
    assert f"Run {web.runs[0].id} of workspace web: {states[-1]}." in run.out
