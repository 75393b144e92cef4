"""What a guard's plan does to what is there, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from producer.mfa_guard import plan
from producer.mfa_guard.documents import Account, GuardPolicy, policies
from producer.mfa_guard.observed import FoundGroup, FoundPolicy, Observed
from producer.mfa_guard.plan import Wanted, must_be_there, plan_guard, plan_unguard
from producer.mfa_guard.plan_text import plan_json, plan_text
from vault_aws_kit.errors import AwsRefused, GuardMissing, GuardTaken

ACCOUNT = Account("123456789012")
NOTHING = Observed(ACCOUNT)
FOREIGN = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def wanted(*services, enrolment="admin"):
    return Wanted("RequireMFA", services, enrolment)


def guard(*services, members=(), foreign=(), inline=(), elsewhere=0):
    """A guard as AWS has it after it was made."""
    found = {one.name: one.document for service in services for one in policies(service, "admin", ACCOUNT)}
    arns = tuple(ACCOUNT.policy(name) for name in found)
    group = FoundGroup(ACCOUNT.group("RequireMFA"), "/vault-aws-kit/", members, (*arns, *foreign), inline)
    there = {name: FoundPolicy(ACCOUNT.policy(name), text, 1 + elsewhere) for name, text in found.items()}
    return Observed(ACCOUNT, group, there)


def steps(made):
    return [f"{step.verb} {step.kind} {step.name}" for step in made.changes]


def test_a_new_guard_is_whole_before_it_binds_anybody():
    assert steps(plan_guard(wanted("ec2", "sts"), NOTHING)) == [
        "create iam-policy Require_MFA_EC2_Write",
        "create iam-policy Require_MFA_STS_Write",
        "create iam-group RequireMFA",
        "create attachment Require_MFA_EC2_Write",
        "create attachment Require_MFA_STS_Write",
    ]


def test_a_guard_that_is_there_has_nothing_to_change():
    made = plan_guard(wanted("ec2", "sts"), guard("ec2", "sts"))
    assert not made
    assert plan_text(made) == "Nothing to change.\n"


def test_a_policy_that_was_edited_is_put_right_and_the_difference_shown():
    found = guard("sts")
    (policy,) = found.policies.values()
    loose = {**policy.document, "Statement": [{**policy.document["Statement"][0], "Resource": "arn:aws:iam::1:x"}]}
    found = replace(found, policies={"Require_MFA_STS_Write": replace(policy, document=loose)})
    update = plan_guard(wanted("sts"), found)
    assert steps(update) == ["update iam-policy Require_MFA_STS_Write"]
    lines = [line.split() for line in plan_text(update).splitlines()]
    assert ["-", '"Resource":', '"arn:aws:iam::1:x",'] in lines
    assert ["+", '"Resource":', '"*",'] in lines
    assert plan_json(update)["changes"][0]["before"] == loose


def test_services_that_are_no_longer_asked_for_stay_unless_pruned():
    made = plan_guard(wanted("ec2"), guard("ec2", "sts"))
    assert (steps(made), made.left_over) == ([], ("sts",))
    assert "sts" in plan_text(made)
    made = plan_guard(wanted("ec2"), guard("ec2", "sts"), prune=True)
    assert steps(made) == ["delete attachment Require_MFA_STS_Write", "delete iam-policy Require_MFA_STS_Write"]
    assert made.left_over == ()


def test_a_part_that_a_service_no_longer_needs_goes_by_itself():
    found = guard("ec2")
    second = FoundPolicy(ACCOUNT.policy("Require_MFA_EC2_Write_2"), {}, 1)
    group = replace(found.group, attached=(*found.group.attached, second.arn))
    found = replace(found, group=group, policies={**found.policies, "Require_MFA_EC2_Write_2": second})
    assert steps(plan_guard(wanted("ec2"), found)) == [
        "delete attachment Require_MFA_EC2_Write_2",
        "delete iam-policy Require_MFA_EC2_Write_2",
    ]


def test_a_policy_that_is_used_elsewhere_is_detached_and_stays():
    assert steps(plan_unguard("RequireMFA", guard("ec2", elsewhere=2))) == [
        "delete attachment Require_MFA_EC2_Write",
        "delete iam-group RequireMFA",
    ]


def test_unguard_puts_back_members_policies_and_group():
    assert steps(plan_unguard("RequireMFA", guard("ec2", members=("alice",)))) == [
        "delete attachment Require_MFA_EC2_Write",
        "delete iam-policy Require_MFA_EC2_Write",
        "delete membership alice",
        "delete iam-group RequireMFA",
    ]


@pytest.mark.parametrize("given", [{"foreign": (FOREIGN,)}, {"inline": ("theirs",)}])
def test_a_group_to_which_others_gave_something_keeps_it_and_its_members(given):
    found = guard("ec2", members=("alice",), **given)
    assert not plan_guard(wanted("ec2"), found)
    made = plan_unguard("RequireMFA", found)
    assert steps(made) == ["delete attachment Require_MFA_EC2_Write", "delete iam-policy Require_MFA_EC2_Write"]
    assert "which somebody else gave it: it stays, and so do its members" in plan_text(made)


def test_what_a_killed_run_left_attached_to_nothing_goes_too():
    found = guard("ec2")
    found = replace(found, group=None, policies={n: replace(p, uses=0) for n, p in found.policies.items()})
    assert steps(plan_unguard("RequireMFA", found)) == ["delete iam-policy Require_MFA_EC2_Write"]


def test_a_group_of_that_name_that_is_not_ours_is_refused_by_all():
    found = Observed(ACCOUNT, FoundGroup("arn:aws:iam::123456789012:group/RequireMFA", "/"))
    for refused in (
        lambda: plan_guard(wanted("ec2"), found),
        lambda: plan_unguard("RequireMFA", found),
        lambda: must_be_there("RequireMFA", found),
    ):
        with pytest.raises(GuardTaken, match="not made by the kit") as error:
            refused()
        assert "--group" in error.value.hint


def test_a_policy_of_that_name_that_is_not_ours_is_refused_whatever_its_case():
    found = Observed(ACCOUNT, taken={"require_mfa_ec2_write": "arn:aws:iam::123456789012:policy/require_mfa_EC2_write"})
    with pytest.raises(GuardTaken, match="policy/require_mfa_EC2_write"):
        plan_guard(wanted("ec2"), found)
    assert plan_guard(wanted("sts"), found)


def test_more_policies_than_aws_attaches_to_a_group_are_refused_before_anything_is_made():
    found = replace(guard("ec2", foreign=(FOREIGN,)), quota=2)
    with pytest.raises(AwsRefused, match=r"needs 2 policies.*1 of others.*no more than 2"):
        plan_guard(wanted("ec2", "sts"), found)
    with pytest.raises(AwsRefused, match="needs 2 policies"):
        plan_guard(wanted("sts"), found)
    assert not plan_guard(wanted("ec2"), found)


def test_a_policy_that_is_divided_loses_nothing_before_its_second_part_is_attached(monkeypatch):
    whole = guard("ec2")
    parts = [GuardPolicy("Require_MFA_EC2_Write", {"half": 1}), GuardPolicy("Require_MFA_EC2_Write_2", {"half": 2})]
    monkeypatch.setattr(plan, "policies", lambda *_: parts)
    assert steps(plan_guard(wanted("ec2"), whole)) == [
        "create iam-policy Require_MFA_EC2_Write_2",
        "create attachment Require_MFA_EC2_Write_2",
        "update iam-policy Require_MFA_EC2_Write",
    ]


def test_no_guard_is_told_from_an_empty_group():
    with pytest.raises(GuardMissing, match="the group is not there"):
        must_be_there("RequireMFA", NOTHING)
    with pytest.raises(GuardMissing, match="has no policies"):
        must_be_there("RequireMFA", guard())


def test_attaching_to_a_group_with_members_says_that_it_binds_them():
    assert "binds 1 user in the group at once" in plan_text(
        plan_guard(wanted("ec2", "sts"), guard("ec2", members=("a",)))
    )
