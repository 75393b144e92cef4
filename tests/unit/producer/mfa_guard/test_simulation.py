"""What is asked again, in smaller questions, where AWS doesn't judge some actions in one request."""

from __future__ import annotations

import pytest

from producer.mfa_guard.simulation import TOGETHER, divided

ACTIONS = ("ec2:A", "ec2:B", "ec2:C", "ec2:D")


def test_a_refused_question_is_divided_by_the_groups_that_aws_names():
    said = f"Invalid Input Actions: [ec2:A,ec2:D] and [ec2:B, ec2:C] {TOGETHER}."
    assert list(divided(ACTIONS, said)) == [("ec2:A", "ec2:D"), ("ec2:B", "ec2:C")]


@pytest.mark.parametrize(
    "named",
    ["They", "[ec2:A] and [ec2:B]", "[ec2:A,ec2:B,ec2:C,ec2:D] and [ec2:E]", "[ec2:A,ec2:B] and [ec2:A,ec2:C,ec2:D]"],
)
def test_it_is_divided_by_half_where_they_are_not_all_named_once(named):
    assert list(divided(ACTIONS, f"Invalid Input Actions: {named} {TOGETHER}.")) == [ACTIONS[:2], ACTIONS[2:]]
