"""Policies against the catalog."""

from __future__ import annotations

import pytest

from consumer.check.granted import LEASES, judge, sts_place
from consumer.issue import path_of
from vault_aws_kit.contract import RoleEntry

ARNS = ("arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/b")
APP = RoleEntry("app", "main", "aws", "iam_user", "", 0, 0)
NET = RoleEntry("net", "main", "aws", "assumed_role", "", 0, 0, ARNS[:1])
NETS = RoleEntry("nets", "main", "aws", "assumed_role", "", 0, 0, ARNS)
LEGACY = RoleEntry("legacy", "main", "aws", "static", "", 0, 0)
ALL = (APP, NET, NETS, LEGACY)


def may(**lacking):
    """What a team's policy allows, but for what is `lacking` by path."""
    paths = [path for role in ALL for path in (path_of(role), sts_place(role)) if path]
    return {path: frozenset({"read", "update"}) for path in (*paths, *LEASES)} | lacking


def bad(*roles, may):
    return [(one.severity, one.subject) for one in judge([(r.name, r) for r in roles], may) if one.severity != "ok"]


def test_a_policy_that_grants_everything_is_fine_and_so_is_root():
    assert bad(*ALL, may=may()) == []
    assert bad(*ALL, may=dict.fromkeys(may(), frozenset({"root"}))) == []


@pytest.mark.parametrize("role", ALL)
def test_a_role_without_read_is_an_error(role):
    assert bad(*ALL, may=may(**{path_of(role): frozenset({"deny"})})) == [("error", role.name)]


def test_several_aws_roles_need_update_and_one_needs_none():
    assert bad(NETS, may=may(**{"aws/creds/nets": frozenset({"read"})})) == [("error", "nets")]
    assert bad(NET, may=may(**{"aws/creds/net": frozenset({"read"})})) == []


def test_the_place_that_terraform_asks_is_a_warning():
    assert bad(NET, may=may(**{"aws/sts/net": frozenset({"read"})})) == [("warning", "net")]


def test_giving_back_matters_only_where_there_are_keys_to_delete():
    nothing = may(**dict.fromkeys(LEASES, frozenset({"deny"})))
    assert bad(APP, may=nothing) == [("warning", "leases")] * 2
    assert bad(NET, may=nothing) == []


def test_no_role_at_all_is_an_error():
    assert bad(may=may()) == [("error", "roles")]
