"""A token's life and its team."""

from __future__ import annotations

from datetime import timedelta

from consumer.check.interface import Entry
from consumer.check.login import judge_entry, judge_token
from consumer.token import TokenInfo
from vault_aws_kit import clock
from vault_aws_kit.errors import TokenMissing

NOW = clock.now()


def judged(seconds, *, renewable=False, policies=("vak-prod-pay",)):
    return judge_token(TokenInfo(policies, NOW + timedelta(seconds=seconds) if seconds else None, renewable), NOW)


def test_a_token_that_is_about_to_end_for_good_is_a_warning():
    assert judged(600).severity == "warning"
    assert judged(600, renewable=True).severity == "ok"
    assert judged(3600).severity == "ok"
    assert "It ends in 1h" in judged(3600).reason


def test_a_root_token_is_a_warning_and_one_that_never_ends_is_not():
    assert judged(0, policies=("root",)).severity == "warning"
    assert judged(0).severity == "ok"


def test_what_stopped_the_way_is_an_error_with_its_own_remedy():
    found = judge_entry(Entry(refused=TokenMissing("No token.", hint="Log in.")))
    assert (found.severity, found.subject, found.remedy) == ("error", "login", "Log in.")
