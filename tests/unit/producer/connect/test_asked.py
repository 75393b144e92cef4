"""What each provider gets, from how it was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from producer.connect.asked import Asked, Named, Where, access_for, named, team_of
from producer.connect.connection import Access, Connection
from vault_aws_kit.errors import (
    FieldNotForType,
    RoleAmbiguous,
    RoleArnNeeded,
    TeamUnknown,
    TfeInvalid,
    UnknownReference,
)
from vault_aws_kit.hcp import NOTHING, Phased

from .specs import ARN, ONE, OTHER, PAY, SPEC


def roles(*given: str) -> tuple[Named, ...]:
    return tuple(map(named, given))


def access(**asked: tuple[Named, ...]) -> tuple[Access, ...]:
    return access_for(SPEC, PAY, Asked(**asked))


def test_a_teams_only_role_needs_no_naming():
    (only,) = access_for(SPEC, ONE, Asked())
    assert only == Access("", Phased.both("main/net"), Phased.both(ARN))


def test_a_team_with_several_must_say_which():
    with pytest.raises(RoleAmbiguous, match="5 roles"):
        access()


def test_the_first_role_without_an_alias_is_the_default_provider_as_in_render():
    found = access(roles=roles("net", "logs=app", "reader"))
    assert [(one.tag, one.role.plan) for one in found] == [
        ("", "main/net"),
        ("LOGS", "main/app"),
        ("READER", "main/reader"),
    ]


def test_one_phase_may_get_another_role():
    (found,) = access(roles=roles("net"), plan_roles=roles("reader"))
    assert found.role == Phased("main/reader", "main/net")
    assert found == access(plan_roles=roles("reader"), apply_roles=roles("net"))[0]


def test_each_phase_of_each_provider_must_have_one():
    with pytest.raises(RoleAmbiguous, match=r"aws\.logs gets when Terraform applies") as failure:
        access(roles=roles("net"), plan_roles=roles("logs=reader"))
    assert "--apply-role logs=ROLE" in failure.value.hint


@pytest.mark.parametrize("apply", ["app", "prod/net"])
def test_what_has_one_variable_for_both_phases_must_be_the_same_in_both(apply):
    team = replace(PAY, roles=(*PAY.roles, "prod/net"))
    with pytest.raises(FieldNotForType, match="one type and one engine"):
        access_for(SPEC, team, Asked(plan_roles=roles("reader"), apply_roles=roles(apply)))


def test_a_role_with_several_aws_roles_needs_one_to_be_chosen():
    with pytest.raises(RoleArnNeeded, match="several AWS roles"):
        access(roles=roles("nets"))
    (found,) = access(roles=roles("nets"), arns=(Named(OTHER),))
    assert found.arn == Phased.both(OTHER)


def test_an_arn_with_an_alias_is_for_that_provider_alone():
    found = access(roles=roles("nets", "dev=nets"), arns=roles(f"dev={OTHER}", ARN))
    assert [one.arn.plan for one in found] == [ARN, OTHER]


def test_an_iam_user_has_no_arn():
    (found,) = access(roles=roles("app"))
    assert found.arn == NOTHING


def test_what_agents_do_not_know_is_refused():
    with pytest.raises(FieldNotForType, match="static"):
        access(roles=roles("fixed"))


def test_a_role_of_another_team_is_none_of_this_ones():
    with pytest.raises(UnknownReference, match="has no role 'prod/net'"):
        access(roles=roles("prod/net"))


@pytest.mark.parametrize("alias", ["type", "type-x"])
def test_an_alias_whose_variables_would_be_anothers_is_refused(alias):
    with pytest.raises(RoleAmbiguous, match="reserved"):
        access(roles=roles(f"{alias}=net"))


def test_aliases_that_differ_in_what_tags_have_not_are_refused():
    with pytest.raises(RoleAmbiguous, match="called DEV_EU"):
        access(roles=roles("dev-eu=net", "dev_EU=app"))


def test_an_alias_is_an_identifier():
    with pytest.raises(ValueError, match="no alias"):
        named("1x=net")
    assert named(ARN) == Named(ARN)


def test_several_teams_must_be_told_apart():
    with pytest.raises(TeamUnknown, match="several teams: pay, one"):
        team_of(SPEC, "")
    with pytest.raises(TeamUnknown, match="no team 'ops'"):
        team_of(SPEC, "ops")


def test_each_workspace_has_variables_of_its_own_unless_a_set_is_named():
    like = Connection("pay", "", ())
    assert [one.workspaces for one in Where("acme", ("web", "api")).connections(like, "prod")] == [("web",), ("api",)]
    (one,) = Where("acme", ("web", "api"), varset="aws").connections(like, "prod")
    assert (one.workspaces, one.place) == (("api", "web"), "acme/aws")
    (one,) = Where("acme", project="Pay").connections(like, "prod")
    assert one.place == "acme/vault-aws-kit prod Pay"


@pytest.mark.parametrize("names", [("acme*", ("web",)), ("acme", ("web*",)), ("acme", ("a/b",)), ("acme", ("..",)),
                                   ("acme", (), "Pay,Other"), ("acme", (), "P*")])  # fmt: skip
def test_what_can_be_no_name_there_is_refused(names):
    with pytest.raises(TfeInvalid):
        Where(*names).connections(Connection("pay", "", ()), "prod")
