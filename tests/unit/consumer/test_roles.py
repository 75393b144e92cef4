"""Finding a role by its name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consumer.roles import Access
from consumer.token import TokenInfo
from vault_aws_kit.contract import RoleEntry, TeamEntry
from vault_aws_kit.errors import ParameterNotForRole, RoleUnknown


def test_a_near_name_that_several_specs_have_is_offered_once():
    roles = [RoleEntry("app-web", "main", mount, "iam_user", "eu-west-1", 900, 3600) for mount in ("aws", "aws2")]
    access = Access(TokenInfo(()), tuple(TeamEntry(role.mount, "payments", (role,), ()) for role in roles))
    with pytest.raises(RoleUnknown) as refused:
        access.role("main/app-wbe")
    assert refused.value.hint == "Did you mean main/app-web?"


@pytest.mark.parametrize(("given", "meant"), [("netwrok", "network"), ("prod/netwrok", "prod/network")])
def test_a_near_name_is_offered_in_one_form(given, meant):
    role = RoleEntry("network", "prod", "aws", "iam_user", "eu-west-1", 900, 3600)
    access = Access(TokenInfo(()), (TeamEntry("prod", "payments", (role,), ()),))
    with pytest.raises(RoleUnknown) as refused:
        access.role(given)
    assert refused.value.hint == f"Did you mean {meant}?"


def test_whose_role_is_missing_is_sent_to_the_platform_team():
    with pytest.raises(RoleUnknown) as refused:
        access("platform", "main/network").role("deploy")
    assert refused.value.hint == "There is: network. For another role ask the platform team."


@pytest.mark.parametrize("policies", [("vak-prod-platform",), ("vak-prod-platform", "vak-prod-web"), ()])
def test_under_strict_attribution_a_session_name_is_refused(policies):
    both = access("platform", "main/network", strict=True, policies=policies)
    both = replace(both, teams=(*both.teams, *access("web", "main/network").teams))
    with pytest.raises(ParameterNotForRole, match="prod/platform may not name its AWS sessions"):
        both.check_session_name(both.roles[0], "me")
    both.check_session_name(both.roles[0], "")


@pytest.mark.parametrize("policies", [("root",), ("vak-prod-web",)])
def test_whose_token_is_not_of_the_strict_team_may_name_sessions(policies):
    other = access("platform", "main/network", strict=True, policies=policies)
    other.check_session_name(other.roles[0], "me")


def access(team: str, *roles: str, strict: bool = False, policies: tuple[str, ...] = ()) -> Access:
    """One team of the spec prod with assumed roles, each ENGINE/ROLE."""
    entries = [
        RoleEntry(name.partition("/")[2], name.partition("/")[0], "aws", "assumed_role", "", 0, 0) for name in roles
    ]
    return Access(TokenInfo(policies), (TeamEntry("prod", team, tuple(entries), (), strict),))
