"""What passes from the producer to the consumer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_aws_kit import contract
from vault_aws_kit.contract import EngineEntry, LoginEntry, RoleEntry, TeamEntry

ROLE = RoleEntry("net", "main", "aws", "assumed_role", "eu-west-1", 0, 3600, ("arn:aws:iam::111122223333:role/net",))
TEAM = TeamEntry("prod", "web", (ROLE,), (LoginEntry("approle", "approle", "vak-prod-web"),))
NAMES = st.from_regex(contract.NAME, fullmatch=True)


def test_entries_read_back_as_what_they_were():
    engine = EngineEntry("main", "aws", "eu-west-1", "AKIAX", "2026-01-31T10:00:00Z")
    assert TeamEntry.from_json(TEAM.to_json()) == TEAM
    assert EngineEntry.from_json(engine.to_json()) == engine


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version":1,"spec":"a"}', "null"])
def test_what_is_no_entry_is_refused(text):
    with pytest.raises((ValueError, KeyError, TypeError)):
        TeamEntry.from_json(text)


@given(NAMES, NAMES)
def test_a_policys_name_leads_back_to_its_team(spec, team):
    assert (spec, team) in contract.teams_of_policy(contract.team_policy(spec, team))


@pytest.mark.parametrize("policy", ["default", "root", "vak", "vak-", "vak-a", "other-a-b"])
def test_other_policies_lead_nowhere(policy):
    assert contract.teams_of_policy(policy) == []


def test_an_account_is_known_only_without_doubt():
    two = ("arn:aws:iam::111122223333:role/net", "arn:aws:iam::444455556666:role/net")
    several = RoleEntry("net", "main", "aws", "assumed_role", "", 0, 0, two)
    assert ROLE.account == "111122223333"
    assert several.account == ""


def test_what_is_no_path_of_a_mount_is_none():
    assert contract.is_mount_path("team/totp")
    assert not any(map(contract.is_mount_path, ["", "a b", "a/../b", "*", "+/x", "a//b"]))
