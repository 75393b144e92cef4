"""Which login of the catalog is taken."""

from __future__ import annotations

import pytest

from consumer.render.logins import connected, find_login
from consumer.roles import Access
from consumer.token import TokenInfo
from vault_aws_kit.contract import LoginEntry, TeamEntry
from vault_aws_kit.errors import LoginNotOffered

from .snippets import APP, NET

APPROLE = LoginEntry("approle", "approle", "vak-prod-pay")
PLAN = LoginEntry("jwt", "hcp", "vak-prod-pay.plan", roles=("main/app",))
APPLY = LoginEntry("jwt", "hcp", "vak-prod-pay.apply", roles=("main/net", "main/app"))
OTHER = LoginEntry("jwt", "gitlab", "vak-prod-other")


def access(*logins: LoginEntry, roles=(APP, NET)) -> Access:
    other = TeamEntry("prod", "other", (APP,), (OTHER,))
    return Access(TokenInfo(()), (TeamEntry("prod", "pay", roles, logins), other))


def test_the_teams_login_of_that_method_is_taken():
    assert find_login(access(APPROLE, APPLY), [NET], ("approle",)) == APPROLE


def test_the_first_method_that_is_offered_is_taken():
    assert find_login(access(APPROLE), [NET], ("jwt", "approle")) == APPROLE
    assert find_login(access(APPROLE, APPLY), [NET], ("jwt", "approle")) == APPLY


def test_a_login_that_may_not_use_all_the_roles_does_not_count():
    assert find_login(access(PLAN, APPLY), [APP, NET], ("jwt",)) == APPLY


def test_a_login_of_another_team_counts_only_for_its_roles():
    assert find_login(access(APPROLE), [APP], ("jwt",)) == OTHER
    with pytest.raises(LoginNotOffered, match="no jwt login that may use net") as failure:
        find_login(access(APPROLE), [NET], ("jwt",))
    assert "approle at approle (vak-prod-pay)" in failure.value.hint


def test_several_must_be_told_apart_by_mount_or_role():
    several = access(PLAN, APPLY)
    with pytest.raises(LoginNotOffered, match="3 jwt logins") as failure:
        find_login(several, [APP], ("jwt",))
    assert "--auth-role" in failure.value.hint
    assert find_login(several, [APP], ("jwt",), role="vak-prod-pay.plan") == PLAN
    assert find_login(several, [APP], ("jwt",), mount="gitlab") == OTHER


def test_a_mount_that_has_no_such_login_is_named():
    with pytest.raises(LoginNotOffered, match="login at nowhere with role x"):
        find_login(access(APPROLE), [NET], ("approle",), mount="nowhere", role="x")


def test_what_only_a_connected_workspace_can_use_is_no_pipelines_login():
    runs = LoginEntry("jwt", "jwt-tfc", "vak-prod-pay.tfe-web", roles=("main/net",), workspaces=("acme/web",))
    assert find_login(access(APPLY, runs), [NET], ("jwt",)) == APPLY
    assert find_login(access(APPLY, runs), [NET], ("jwt",), role=runs.role) == runs
    with pytest.raises(LoginNotOffered, match="no jwt login"):
        find_login(access(runs), [NET], ("jwt",))


def test_a_workspace_is_connected_with_what_its_logins_may_use_together():
    plan = LoginEntry("jwt", "jwt-tfc", "vak-prod-pay.tfe-plan", roles=("main/app",), workspaces=("acme/web",))
    apply = LoginEntry("jwt", "jwt-tfc", "vak-prod-pay.tfe-apply", roles=("main/net",), workspaces=("acme/web",))
    assert connected(access(plan, apply), [APP, NET]) == ("acme/web",)
    assert connected(access(plan), [APP, NET]) == ()
    assert connected(access(APPLY), [NET]) == ()
