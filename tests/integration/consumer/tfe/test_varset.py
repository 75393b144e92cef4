"""Credentials in a variable set: the old set or the new one, never a half, and names that collide."""

from __future__ import annotations

import pytest

from consumer.tfe import label
from tests.integration.consumer.conftest import leases
from tests.tfe_server.state import ALL, Account
from vault_aws_kit.errors import PartlyApplied, TfeConflict, TfeNotFound, TfeRefused, TfeUnavailable

KEY = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}


@pytest.fixture
def net(acme):
    return acme.project("Network team")


@pytest.fixture
def vpc(acme, net):
    return acme.workspace("vpc", project=net)


def push(tfe, *argv: str, role: str = "app"):
    return tfe("push", "--varset", "aws", "--role", role, *argv)


def test_a_set_is_made_and_attached_to_a_project_and_to_workspaces(tfe, acme, vpc, web):
    run = push(tfe, "web", "--project", "Network team")
    assert run.code == 0, run.err
    assert [one.name for one in acme.varsets] == ["aws"]
    assert set(acme.environment(vpc)) == set(acme.environment(web)) == KEY
    assert {one.key for one in acme.varsets[0].vars.items if one.sensitive} == KEY - {"AWS_REGION"}
    assert label.read(acme.varsets[0].description).origin == "role app"


def test_the_next_push_replaces_the_set_and_keeps_what_it_was_attached_to(tfe, acme, vpc, web, admin, engine):
    push(tfe, "web", "--project", "Network team")
    before = acme.varsets[0].id
    run = push(tfe)
    assert run.code == 0, run.err
    assert [one.name for one in acme.varsets] == ["aws"]
    assert acme.varsets[0].id != before
    assert set(acme.environment(vpc)) == set(acme.environment(web)) == KEY
    assert len(leases(admin, engine, "app")) == 1


def test_a_workspaces_own_variables_are_said_to_win_over_the_set(tfe, web):
    web.vars.create({"key": "AWS_ACCESS_KEY_ID", "value": "old", "category": "env", "sensitive": True})
    run = push(tfe, "web")
    assert "workspace web has AWS_ACCESS_KEY_ID of its own, which win over variable set aws" in run.err


def test_a_new_set_needs_something_to_be_attached_to(tfe, acme, admin, engine):
    run = push(tfe)
    assert run.code == TfeNotFound.exit_code
    assert acme.varsets == []
    assert leases(admin, engine, "app") == []


@pytest.mark.parametrize("fault", ["POST .*/relationships/vars", "POST .*/relationships/projects"])
def test_the_old_set_is_as_it_was_where_the_new_one_fails(tfe, acme, vpc, tfe_server, admin, engine, fault):
    push(tfe, "--project", "Network team")
    before = acme.environment(vpc)
    tfe_server.fault(fault, nth=1, times=9, status=503)
    run = push(tfe)
    assert run.code == TfeUnavailable.exit_code, run.err
    assert acme.environment(vpc) == before
    assert [one.name for one in acme.varsets] == ["aws"]
    assert len(leases(admin, engine, "app")) == 1
    assert "Removed variable set aws AKIA" in run.err


def test_what_is_left_by_a_push_that_could_not_delete_the_old_set_is_tidied_by_the_next(tfe, acme, vpc, tfe_server):
    push(tfe, "--project", "Network team")
    tfe_server.fault("DELETE .*/varsets", times=3, status=503)
    run = push(tfe)
    assert run.code == PartlyApplied.exit_code
    assert len(acme.varsets) == 2
    assert push(tfe).code == 0
    assert [one.name for one in acme.varsets] == ["aws"]
    assert set(acme.environment(vpc)) == KEY


def test_a_set_of_that_name_that_is_not_the_kits_is_left_alone(tfe, acme, net, admin, engine):
    acme.varset("aws", description="By hand.")
    run = push(tfe, "--project", "Network team", "--force")
    assert run.code == TfeConflict.exit_code
    assert "is not the kit's" in run.err
    assert [one.description for one in acme.varsets] == ["By hand."]
    assert leases(admin, engine, "app") == []


def test_a_set_that_was_made_global_cannot_be_replaced_and_stays(tfe, acme, vpc, admin, engine):
    push(tfe, "--project", "Network team")
    acme.varsets[0].everywhere = True
    before = acme.environment(vpc)
    run = push(tfe, "--force")
    assert run.code == TfeConflict.exit_code
    assert "was made global" in run.err
    assert acme.environment(vpc) == before
    assert len(leases(admin, engine, "app")) == 1


def test_a_set_that_was_given_priority_keeps_it(tfe, acme, vpc):
    push(tfe, "--project", "Network team")
    acme.varsets[0].priority = True
    assert push(tfe).code == 0
    assert [one.priority for one in acme.varsets] == [True]


def test_what_others_put_into_the_set_is_deleted_with_it_only_by_force(tfe, acme, vpc):
    push(tfe, "--project", "Network team")
    acme.varsets[0].vars.create({"key": "TF_LOG", "value": "INFO", "category": "env"})
    run = push(tfe)
    assert run.code == TfeConflict.exit_code
    assert "TF_LOG" in run.err
    assert push(tfe, "--force").code == 0
    assert set(acme.environment(vpc)) == KEY


def test_who_may_not_manage_sets_gets_nothing_and_leaves_nothing(
    tfe, acme, net, tfe_server, monkeypatch, admin, engine
):
    monkeypatch.setenv("TFE_TOKEN", tfe_server.state.token(Account("ci", may=ALL - {"manage-varsets"}), "acme"))
    run = push(tfe, "--project", "Network team")
    assert run.code == TfeRefused.exit_code
    assert "variable sets" in run.err
    assert leases(admin, engine, "app") == []


def test_a_set_is_shown_and_cleared_with_its_lease(tfe, acme, vpc, admin, engine):
    push(tfe, "--project", "Network team")
    assert "variable set aws" in tfe("status", "--varset", "aws").out
    run = tfe("clear", "--varset", "aws")
    assert run.code == 0, run.err
    assert acme.varsets == []
    assert leases(admin, engine, "app") == []
    assert "Nothing of the kit's" in tfe("clear", "--varset", "aws").out
