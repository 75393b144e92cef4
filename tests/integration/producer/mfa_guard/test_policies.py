"""What the guard's policies mean, by IAM's evaluation logic: over every action of each service."""

from __future__ import annotations

import pytest

from producer.mfa_guard import actions
from producer.mfa_guard.documents import ON_ONESELF, Account, policies

from .judge import ALL, ALLOWED, DENIED, Case

ACCOUNT = Account("123456789012")
USER = "arn:aws:iam::123456789012:user"
DEVICE = "arn:aws:iam::123456789012:mfa"


def documents(service, enrolment="admin"):
    return [ALL, *(one.document for one in policies(service, enrolment, ACCOUNT))]


@pytest.mark.parametrize("service", ["ec2", "iam", "sts", "s3", "rds", "lambda", "kms", "organizations"])
def test_every_write_needs_mfa_and_every_read_is_open(judge, service):
    names = actions.known(service)
    decided = {
        mfa: judge.decide(documents(service), [Case(f"{service}:{name}", mfa) for name in names])
        for mfa in ("true", "false", "absent")
    }
    writes = set(actions.writes(service))
    expected = [DENIED if name in writes else ALLOWED for name in names]
    assert decided["absent"] == expected
    assert decided["false"] == expected
    assert decided["true"] == [ALLOWED] * len(names)


def test_what_a_person_needs_to_come_in_with_mfa_is_open_without(judge):
    needed = ["iam:GetUser", "iam:ListMFADevices", "sts:GetSessionToken", "sts:GetCallerIdentity"]
    both = [*documents("iam"), *documents("sts")]
    assert judge.decide(both, [Case(action) for action in needed]) == [ALLOWED] * len(needed)


def test_other_services_are_left_alone(judge):
    assert judge.decide(documents("ec2"), [Case("s3:PutObject"), Case("iam:CreateUser")]) == [ALLOWED, ALLOWED]


def on(action, name):
    return f"{DEVICE if action == 'CreateVirtualMFADevice' else USER}/{name}"


@pytest.mark.parametrize("mfa", ["false", "absent"])
def test_who_enrols_alone_can_do_it_without_mfa_and_only_to_oneself(judge, mfa):
    def decide(enrolment, resource):
        cases = [Case(f"iam:{name}", mfa, on(name, resource), user="alice") for name in ON_ONESELF]
        return set(judge.decide(documents("iam", enrolment), cases))

    assert decide("self", "alice") == {ALLOWED}
    assert decide("self", "bob") == {DENIED}
    assert decide("admin", "alice") == {DENIED}


def test_who_enrols_alone_may_have_a_path_but_no_device_beside_the_one_that_is_called_so(judge):
    cases = [
        Case("iam:EnableMFADevice", resource=f"{USER}/team/alice", user="alice"),
        Case("iam:EnableMFADevice", resource=f"{USER}/team/malice", user="alice"),
        Case("iam:CreateVirtualMFADevice", resource=f"{DEVICE}/x/alice", user="alice"),
        Case("iam:CreateVirtualMFADevice", resource=f"{DEVICE}/alice2", user="alice"),
    ]
    assert judge.decide(documents("iam", "self"), cases) == [ALLOWED, DENIED, DENIED, DENIED]


def test_who_enrols_alone_can_do_nothing_else(judge):
    writes = [name for name in actions.writes("iam") if name not in ON_ONESELF]
    cases = [Case(f"iam:{name}", resource=f"{USER}/alice", user="alice") for name in writes]
    assert {"DeactivateMFADevice", "DeleteVirtualMFADevice", "CreateAccessKey"} <= set(writes)
    assert set(judge.decide(documents("iam", "self"), cases)) == {DENIED}
