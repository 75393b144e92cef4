"""The age and the state of an engine's own key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from producer.doctor.root_keys import judge, judge_without
from producer.iam_account import IamKey
from producer.rotate_root import RootState
from producer.spec import Engine, Root
from vault_aws_kit import clock

NOW = datetime(2026, 1, 31, tzinfo=UTC)
DAY = 86400


def engine(**root):
    return Engine("main", "aws", "eu-west-1", None, Root(**root))


def state(age=0, **more):
    return RootState("AKIA1", clock.timestamp(NOW - timedelta(seconds=age)), **more)


def severities(engine, state):
    return [one.severity for one in judge(engine, state, NOW)]


def test_a_key_older_than_rotate_after_is_to_be_rotated_and_a_younger_one_is_fine():
    limited = engine(rotate_after=30 * DAY)
    assert severities(limited, state(30 * DAY)) == ["ok"]
    (old,) = judge(limited, state(30 * DAY + 3700), NOW)
    assert (old.severity, old.remedy) == ("warning", "`producer rotate-root --max-age 30d`")
    assert "30d old" in old.reason


def test_without_rotate_after_no_age_is_too_old():
    assert severities(engine(), state(1000 * DAY)) == ["ok"]


def test_an_age_that_nobody_knows_is_not_taken_for_young():
    assert severities(engine(rotate_after=DAY), RootState("AKIA1")) == ["skipped"]


def test_a_key_that_aws_has_deactivated_is_an_error():
    keys = (IamKey("AKIA1", NOW, active=False),)
    assert severities(engine(), state(user="v", keys=keys)) == ["ok", "error"]


def test_a_second_key_stands_in_the_way_of_rotating():
    keys = (IamKey("AKIA1", NOW, active=True), IamKey("AKIA2", NOW, active=True))
    *_, second = judge(engine(), state(user="v", keys=keys), NOW)
    assert second.severity == "warning"
    assert "(AKIA2)" in second.reason


def test_a_key_that_was_given_and_never_rotated_is_worth_a_note():
    assert severities(engine(), state(given=True)) == ["ok", "info"]


def test_an_engine_without_a_key_is_fine_only_where_the_spec_wants_it_so():
    assert judge_without(engine(credentials="keep")).severity == "ok"
    assert judge_without(engine()).severity == "error"
