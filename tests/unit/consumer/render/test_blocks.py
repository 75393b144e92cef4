"""From `--role` and `--role-arn` to providers."""

from __future__ import annotations

import pytest

from consumer.render.asked import Asked, Named, Wanted, WantedArn, WantedAssumed
from consumer.render.blocks import blocks_for
from consumer.render.interface import AssumedRole
from consumer.roles import Access
from consumer.token import TokenInfo
from vault_aws_kit.contract import RoleEntry, TeamEntry
from vault_aws_kit.errors import ModeImpossible, RoleAmbiguous, RoleArnNeeded, RoleUnknown

DEV, PROD = "arn:aws:iam::444455556666:role/net", "arn:aws:iam::111122223333:role/net"
ROLES = (
    RoleEntry("app", "main", "aws", "iam_user", "eu-west-1", 900, 3600),
    RoleEntry("net", "main", "aws", "assumed_role", "eu-west-1", 0, 0, (PROD,)),
    RoleEntry("nets", "main", "aws", "assumed_role", "", 0, 0, (PROD, DEV)),
    RoleEntry("9.lives", "main", "aws", "federation_token", "eu-west-1", 0, 0),
    RoleEntry("fixed", "main", "aws", "static", "eu-west-1", 0, 0),
)
ACCESS = Access(TokenInfo(()), (TeamEntry("default", "pay", ROLES, ()),))


def blocks(*wanted: Wanted, arns=(), regions=(), assumed=(), profiles=()):
    return blocks_for(ACCESS, Asked(wanted, tuple(arns), tuple(regions), tuple(assumed), tuple(profiles)))


def test_the_first_role_without_alias_is_the_default_provider():
    found = blocks(Wanted("net", "logs"), Wanted("app"), Wanted("9.lives"))
    assert [block.alias for block in found] == ["logs", "", "_9_lives"]
    assert [block.label for block in found] == ["logs", "app", "_9_lives"]


def test_labels_are_never_the_same():
    assert [block.label for block in blocks(Wanted("app"), Wanted("net", "app"))] == ["app_default", "app"]


def test_two_providers_of_one_alias_are_refused():
    with pytest.raises(RoleAmbiguous, match=r"aws\.logs"):
        blocks(Wanted("app", "logs"), Wanted("net", "logs"))


def test_one_role_in_two_accounts_is_two_providers():
    arns = [WantedArn(PROD, "prod"), WantedArn(DEV, "dev")]
    found = blocks(Wanted("nets", "prod"), Wanted("nets", "dev"), arns=arns)
    assert [(block.role_arn, block.account) for block in found] == [(PROD, "111122223333"), (DEV, "444455556666")]


def test_an_aws_role_without_alias_is_for_every_role_that_has_it():
    found = blocks(Wanted("nets"), Wanted("net"), Wanted("app"), arns=[WantedArn(PROD)])
    assert [block.role_arn for block in found] == [PROD, "", ""]
    assert [block.account for block in found] == ["111122223333", "111122223333", ""]


def test_a_role_with_several_aws_roles_must_be_told_which():
    with pytest.raises(RoleArnNeeded):
        blocks(Wanted("nets"))


def test_two_aws_roles_for_one_provider_are_refused():
    with pytest.raises(RoleArnNeeded, match="2 AWS roles"):
        blocks(Wanted("nets"), arns=[WantedArn(PROD), WantedArn(DEV)])


@pytest.mark.parametrize("arn", [WantedArn("arn:aws:iam::1:role/typo"), WantedArn(PROD, "nobody")])
def test_an_aws_role_that_fits_nothing_is_refused(arn):
    with pytest.raises(RoleArnNeeded):
        blocks(Wanted("net"), arns=[arn])


def test_a_region_by_name_goes_before_the_roles():
    assert [block.region for block in blocks(Wanted("app"), Wanted("net", "n"))] == ["eu-west-1", "eu-west-1"]
    assert blocks(Wanted("app"), regions=[Named("us-east-1")])[0].region == "us-east-1"


def test_a_provider_of_its_own_region_keeps_it():
    found = blocks(Wanted("app"), Wanted("net", "n"), regions=[Named("eu-west-3", "n"), Named("us-east-1")])
    assert [block.region for block in found] == ["us-east-1", "eu-west-3"]


def test_a_static_role_is_rendered():
    assert blocks(Wanted("fixed"))[0].role.type == "static"


def test_assumed_roles_are_a_chain_in_the_order_given_and_decide_the_account():
    chain = [WantedAssumed(AssumedRole(DEV)), WantedAssumed(AssumedRole(PROD, "s", "x"))]
    (found,) = blocks(Wanted("app"), assumed=chain)
    assert [one.arn for one in found.assumed] == [DEV, PROD]
    assert found.account == "111122223333"


def test_a_chain_of_ones_own_goes_before_the_one_for_all():
    given = [WantedAssumed(AssumedRole(DEV)), WantedAssumed(AssumedRole(PROD), "n")]
    found = blocks(Wanted("app"), Wanted("net", "n"), assumed=given)
    assert [block.assumed[0].arn for block in found] == [DEV, PROD]


def test_a_federation_token_can_assume_nothing():
    with pytest.raises(ModeImpossible, match="federation_token"):
        blocks(Wanted("9.lives"), assumed=[WantedAssumed(AssumedRole(DEV))])


def test_a_profile_is_called_as_its_role_unless_that_is_not_enough():
    arns = [WantedArn(PROD, "prod"), WantedArn(DEV, "dev")]
    found = blocks(Wanted("nets", "prod"), Wanted("nets", "dev"), Wanted("app", "logs"), arns=arns)
    assert [block.profile for block in found] == ["prod", "dev", "app"]
    assert blocks(Wanted("app"), profiles=[Named("mine")])[0].profile == "mine"


@pytest.mark.parametrize("option", ["regions", "profiles"])
def test_a_value_for_an_alias_that_is_not_there_is_refused(option):
    with pytest.raises(RoleAmbiguous, match="names no provider"):
        blocks(Wanted("app"), **{option: [Named("x", "nobody")]})


def test_an_unknown_role_is_refused():
    with pytest.raises(RoleUnknown):
        blocks(Wanted("nope"))
