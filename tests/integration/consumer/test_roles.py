"""`consumer roles`: what a token may use, and what is said where there is nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import RoleEntry, team_path
from vault_aws_kit.errors import (
    CatalogMissing,
    CatalogUnreadable,
    NotAllowed,
    RoleAmbiguous,
    TeamUnknown,
    TokenMissing,
    TokenRefused,
)


@pytest.fixture
def as_admin(consumer_home, monkeypatch, stack):
    monkeypatch.setenv("VAULT_TOKEN", stack.env["VAULT_TOKEN"])


def as_token(monkeypatch, admin, *policies: str) -> None:
    body = {"policies": list(policies), "no_default_policy": True}
    monkeypatch.setenv("VAULT_TOKEN", admin.write("auth/token/create", body).auth["client_token"])


def names(run) -> list[str]:
    return [role["role"] for role in json.loads(run.out)]


def test_a_team_sees_its_roles_in_a_table(consumer, as_team):
    run = consumer("roles")
    header, *rows = [line.split() for line in run.out.splitlines()]
    assert run.code == 0
    assert header == ["ROLE", "TYPE", "ENGINE", "ACCOUNT", "REGION", "TTL", "MAX", "TTL"]
    assert [row[0] for row in rows] == ["app", "fed", "net", "nets"]
    assert rows[2] == ["net", "assumed_role", "main", "111122223333", "eu-west-1", "30m", "1h"]
    assert f"{as_team.entry.spec}/pay" in run.err


def test_a_team_sees_its_roles_as_json(consumer, as_team, engine):
    run = consumer("roles", "--format", "json")
    app = json.loads(run.out)[0]
    assert (app["role"], app["type"], app["mount"], app["default_ttl"]) == ("app", "iam_user", engine, 900)
    assert app["teams"] == [f"{as_team.entry.spec}/pay"]


def test_a_team_sees_no_role_of_another_team(consumer, make_team, roles, consumer_home, monkeypatch):
    make_team("web", roles["app"])
    monkeypatch.setenv("VAULT_TOKEN", make_team("pay", roles["net"]).token())
    assert names(consumer("roles", "--format", "json")) == ["net"]


def test_a_token_of_two_teams_sees_the_roles_of_both_and_can_choose_one(
    consumer, make_team, roles, admin, consumer_home, monkeypatch
):
    web, pay = make_team("web", roles["app"]), make_team("pay", roles["net"])
    as_token(monkeypatch, admin, web.login.role, pay.login.role)
    assert names(consumer("roles", "--format", "json")) == ["app", "net"]
    assert names(consumer("roles", "--format", "json", "--team", "web")) == ["app"]
    assert names(consumer("roles", "--format", "json", "--team", f"{pay.entry.spec}/pay")) == ["net"]


def test_names_with_dashes_are_no_obstacle(consumer, make_team, roles, consumer_home, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", make_team("data-science-eu", roles["net"]).token())
    assert names(consumer("roles", "--format", "json")) == ["net"]


def test_an_admin_sees_the_roles_of_every_team(consumer, make_team, roles, as_admin):
    make_team("web", roles["app"])
    make_team("pay", roles["net"])
    assert names(consumer("roles", "--format", "json")) == ["app", "net"]


def test_an_entry_in_many_parts_is_read_by_a_team(consumer, as_team, engine):
    many = [RoleEntry(f"role-{n:04}", "main", engine, "iam_user", "eu-west-1", 900, 3600) for n in range(2500)]
    as_team.publish(*many, granted=())
    assert len(names(consumer("roles", "--format", "json"))) == 2500


def test_roles_of_one_name_are_written_with_their_engine(consumer, as_team, roles):
    as_team.publish(roles["app"], replace(roles["app"], engine="second", mount="aws-second"))
    assert names(consumer("roles", "--format", "json")) == ["main/app", "second/app"]
    run = consumer("creds", "--role", "app")
    assert run.code == RoleAmbiguous.exit_code
    assert "main/app or second/app" in run.err
    assert consumer("creds", "--role", "main/app").code == 0


def test_no_token_is_said_to_be_missing(consumer, team):
    run = consumer("roles")
    assert run.code == TokenMissing.exit_code
    assert "consumer login" in run.err


def test_a_token_that_vault_refuses_is_said_to_be_refused(consumer, as_team, admin, monkeypatch):
    token = as_team.token()
    monkeypatch.setenv("VAULT_TOKEN", token)
    admin.write("auth/token/revoke", {"token": token})
    run = consumer("roles")
    assert run.code == TokenRefused.exit_code
    assert token not in run.err


def test_a_token_that_names_no_team_is_told_what_to_do(consumer, team, admin, consumer_home, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", admin.write("auth/token/create", {"policies": ["default"]}).auth["client_token"])
    run = consumer("roles")
    assert run.code == CatalogMissing.exit_code
    assert "default" in run.err
    assert "--team NAME/TEAM" in run.err


def test_a_team_whose_entry_is_gone_is_told_so(consumer, as_team, admin):
    Catalog(admin, as_team.catalog_mount).delete(team_path(as_team.entry.spec, "pay"))
    assert consumer("roles").code == CatalogMissing.exit_code


def test_a_catalog_that_is_not_there_is_told_with_its_mount(consumer, as_admin):
    run = consumer("roles", "--catalog-mount", "nowhere", catalog=False)
    assert run.code == CatalogMissing.exit_code
    assert "nowhere/" in run.err
    assert "--catalog-mount" in run.err


@pytest.mark.parametrize("named", ["{spec}/web", "web"])
def test_another_team_can_not_be_asked_for(consumer, as_team, make_team, named):
    make_team("web")
    run = consumer("roles", "--team", named.format(spec=as_team.entry.spec))
    assert run.code == NotAllowed.exit_code
    assert f"`read` on {as_team.catalog_mount}/data/{as_team.entry.spec}/teams/web" in run.err


def test_an_admin_is_told_of_a_team_that_is_not_there(consumer, team, as_admin):
    assert consumer("roles", "--team", "nobody").code == TeamUnknown.exit_code


@pytest.mark.parametrize("text", ["no json", '{"version": 99}', '{"version": 1, "spec": "x"}'])
def test_an_entry_that_can_not_be_read_is_told_so(consumer, as_team, admin, text):
    Catalog(admin, as_team.catalog_mount).write(team_path(as_team.entry.spec, "pay"), text)
    assert consumer("roles").code == CatalogUnreadable.exit_code
