"""From `--role` and `--role-arn` to providers."""

from __future__ import annotations

import pytest

from consumer.render.blocks import Wanted, WantedArn, blocks_for
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


def blocks(*wanted: Wanted, arns=(), region=""):
    return blocks_for(ACCESS, wanted, arns, region)


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
    assert blocks(Wanted("app"), region="us-east-1")[0].region == "us-east-1"


def test_a_static_role_is_refused():
    with pytest.raises(ModeImpossible):
        blocks(Wanted("fixed"))


def test_an_unknown_role_is_refused():
    with pytest.raises(RoleUnknown):
        blocks(Wanted("nope"))
