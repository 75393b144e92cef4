"""The guard's policies: their names, their sizes, what they say."""

from __future__ import annotations

import pytest

from producer.mfa_guard import actions, documents
from producer.mfa_guard.compress import expand
from producer.mfa_guard.documents import Account, leaves_enrolment_open, policies, policy_name, service_of
from producer.policies import Limit, check, check_size, lint, minify

ACCOUNT = Account("123456789012")
GUARDABLE = [service for service in actions.services() if actions.writes(service)]


@pytest.mark.parametrize("enrolment", documents.ENROLMENTS)
def test_every_services_policies_are_taken_by_aws(enrolment):
    for service in GUARDABLE:
        for policy in policies(service, enrolment, ACCOUNT):
            check(policy.document)
            check_size(minify(policy.document), Limit.MANAGED)


def test_the_known_ones_are_one_policy_each_of_the_known_name():
    names = [one.name for service in ("ec2", "iam", "sts") for one in policies(service, "admin", ACCOUNT)]
    assert names == ["Require_MFA_EC2_Write", "Require_MFA_IAM_Write", "Require_MFA_STS_Write"]


def test_nothing_in_them_is_odd():
    for service in ("ec2", "iam", "sts", "s3"):
        (policy,) = policies(service, "self", ACCOUNT)
        assert lint(minify(policy.document)) == ()


@pytest.fixture
def enormous(monkeypatch):
    """A service whose writes no wildcard shortens, with more of them than one policy holds."""
    names = tuple(f"Alter{number:03}TheNumberedThing" for number in range(600))
    known = (*names, *(f"{name}Status" for name in names), "Alter")
    monkeypatch.setattr(actions, "writes", lambda _: names)
    monkeypatch.setattr(actions, "known", lambda _: known)
    return names, known


def test_what_is_too_large_for_one_policy_is_divided_among_several(enormous):
    names, known = enormous
    found = policies("iot-thing", "admin", ACCOUNT)
    assert [one.name for one in found[:2]] == ["Require_MFA_IOT-THING_Write", "Require_MFA_IOT-THING_Write_2"]
    assert len(found) > 2
    for one in found:
        check_size(minify(one.document), Limit.MANAGED)
    denied = [action for one in found for statement in one.document["Statement"] for action in statement["Action"]]
    assert len(denied) == len(set(denied))
    assert expand([action.removeprefix("iot-thing:") for action in denied], known) == sorted(names)


def test_a_divided_policy_of_iam_still_denies_what_users_may_do_only_to_themselves(enormous):
    found = policies("iam", "self", ACCOUNT)
    own = [s for one in found for s in one.document["Statement"] if "NotResource" in s]
    assert len(own) == 1
    assert sorted(own[0]["Action"]) == sorted(f"iam:{name}" for name in documents.ON_ONESELF)


@pytest.mark.parametrize("service", ["ec2", "iot-thing", "s3"])
def test_a_policys_name_tells_its_service(service):
    assert service_of(policy_name(service)) == service_of(policy_name(service, 12)) == service


@pytest.mark.parametrize("name", ["Require_MFA_EC2_Write_1", "Require_MFA__Write", "Require_MFA_EC2_Write_2x", "x"])
def test_other_names_are_no_guards(name):
    assert service_of(name) == ""


def test_a_policy_tells_whether_it_leaves_enrolment_open():
    assert [leaves_enrolment_open(policies("iam", how, ACCOUNT)[0].document) for how in ("admin", "self")] == [
        False,
        True,
    ]


def test_an_action_of_two_levels_and_one_of_none_are_writes(monkeypatch):
    levels = {"A": "Read", "B": "Read, Write", "C": "Tagging", "D": "", "E": "List"}

    class Data:
        actions = type("A", (), {"get_action_details": staticmethod(lambda _, name: {"accessLevel": levels[name]})})

    monkeypatch.setattr(actions, "_data", lambda: Data)
    monkeypatch.setattr(actions, "known", lambda _: tuple(levels))
    assert actions.writes.__wrapped__("x") == ("B", "C", "D")
