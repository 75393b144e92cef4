"""Finding a role by its name."""

from __future__ import annotations

import pytest

from consumer.roles import Access
from consumer.token import TokenInfo
from vault_aws_kit.contract import RoleEntry, TeamEntry
from vault_aws_kit.errors import RoleUnknown


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
