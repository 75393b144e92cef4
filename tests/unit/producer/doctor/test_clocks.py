"""Which clock is wrong, and how wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from producer.doctor.clocks import judge

NONE = timedelta()


def severities(vault, aws):
    return {one.subject: one.severity for one in judge(vault, aws)}


@pytest.mark.parametrize(("off", "severity"), [(59, "ok"), (-59, "ok"), (60, "warning"), (-299, "warning"), (300, "error"), (-300, "error")])  # fmt: skip
def test_vaults_clock_is_held_against_awss_where_that_is_known(off, severity):
    assert severities(timedelta(seconds=off), NONE) == {"Vault's clock": severity, "the clock here": "ok"}


def test_a_clock_here_that_is_wrong_does_not_make_vaults_wrong():
    assert severities(timedelta(hours=1), timedelta(hours=1)) == {"Vault's clock": "ok", "the clock here": "error"}


def test_without_aws_the_two_are_compared_and_none_of_them_is_blamed():
    (found,) = judge(timedelta(minutes=-10), None)
    assert found.severity == "error"
    assert "10m behind the one here" in found.reason
    assert "Which of them is wrong is not known" in found.reason


def test_awss_refusal_of_a_signature_that_is_too_old_is_told_as_what_it_is():
    why = "AWS refuses sts:GetCallerIdentity: SignatureDoesNotMatch: Signature expired: 2026 is now earlier than 2027"
    first, _ = judge(NONE, None, why)
    assert (first.subject, first.severity) == ("the clock here", "error")
