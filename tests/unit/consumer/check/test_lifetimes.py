"""What ends within a run: in order, with its cause, and with ways that would last."""

from __future__ import annotations

import pytest

from consumer.check.lifetimes import TokenLife, judge, life_of
from vault_aws_kit.contract import RoleEntry

HOUR = 3600
APP = RoleEntry("app", "main", "aws", "iam_user", "", 900, HOUR)
NET = RoleEntry("net", "main", "aws", "assumed_role", "", 1800, 4 * HOUR)
SHORT = RoleEntry("short", "main", "aws", "assumed_role", "", 0, 0)
ENDLESS = TokenLife()
LEGACY = RoleEntry("legacy", "main", "aws", "static", "", 0, 0)


def found(*roles, token=ENDLESS, duration=3 * HOUR, lease=0):
    return list(judge([life_of(role.name, role, lease) for role in roles], token, duration))


def warned(*roles, **given):
    return [one for one in found(*roles, **given) if one.severity == "warning"]


def test_the_soonest_end_comes_first_and_alone_is_called_first():
    first, second = warned(NET, APP)
    assert (first.subject, second.subject) == ("app", "net")
    assert first.reason.startswith("On a run of 3h it breaks first, after 15m: ")
    assert second.reason.startswith("On a run of 3h it breaks after 30m: ")


def test_what_lasts_as_long_as_the_run_is_fine():
    assert warned(APP, duration=900) == []
    assert warned(LEGACY, duration=100 * HOUR) == []
    assert [one.severity for one in found(APP, NET, LEGACY, duration=900)] == ["ok"] * 4


@pytest.mark.parametrize(
    ("role", "duration", "way"),
    [(NET, 3 * HOUR, "--ttl 3h"), (APP, HOUR, "`consumer exec --role app -- terraform apply` renews its lease")],
)
def test_a_way_that_the_role_itself_allows_is_told_first(role, duration, way):
    (one,) = warned(role, duration=duration)
    assert one.remedy.split(";")[0].find(way) >= 0


@pytest.mark.parametrize(("role", "duration"), [(NET, 5 * HOUR), (SHORT, 3 * HOUR), (APP, 2 * HOUR)])
def test_what_the_role_does_not_allow_is_not_told(role, duration):
    (one,) = warned(role, duration=duration)
    assert "--refresh" in one.remedy.split(";")[0]
    assert "--ttl" not in one.remedy
    assert "platform team" in one.remedy


def test_no_session_is_longer_than_12_hours_whatever_the_role_says():
    (one,) = warned(RoleEntry("x", "main", "aws", "assumed_role", "", 900, 24 * HOUR), duration=13 * HOUR)
    assert "--ttl" not in one.remedy


def test_a_key_ends_with_the_token_that_ends_before_its_lease_and_a_session_does_not():
    token = TokenLife(left=600, reach=600)
    key = next(one for one in warned(APP, NET, token=token) if one.subject == "app")
    assert "after 10m: Vault deletes its key with your token" in key.reason
    session = next(one for one in warned(APP, NET, token=token) if one.subject == "net")
    assert "after 30m: its session ends" in session.reason


def test_a_token_that_was_got_a_second_before_the_lease_is_not_the_cause():
    (one,) = warned(APP, token=TokenLife(left=899, reach=10 * HOUR))
    assert "with its lease" in one.reason


def test_a_token_that_cannot_last_is_told_and_its_renewals_too():
    (one,) = warned(LEGACY, token=TokenLife(left=HOUR, reach=HOUR))
    assert "can't be renewed any further" in one.reason
    (one,) = warned(LEGACY, token=TokenLife(left=HOUR, reach=2 * HOUR))
    assert "after 2h: your Vault token ends, however often it is renewed" in one.reason
    assert "Your token must last as long" in warned(APP, token=TokenLife(left=HOUR, reach=HOUR))[0].remedy


@pytest.mark.parametrize(
    "token", [TokenLife(), TokenLife(HOUR, 4 * HOUR), TokenLife(HOUR, HOUR, again=True), TokenLife(HOUR, None)]
)
def test_a_token_that_lasts_or_that_another_follows_breaks_nothing(token):
    assert warned(LEGACY, token=token) == []


def test_how_far_a_token_reaches_is_not_guessed():
    assert [one.severity for one in found(token=TokenLife(HOUR, None))] == ["info"]


def test_a_lease_that_nobody_knows_is_not_guessed_and_one_that_was_given_counts():
    unknown = RoleEntry("app", "main", "aws", "iam_user", "", 0, 0)
    assert found(unknown)[0].severity == "skipped"
    assert "after 5m" in warned(unknown, lease=300)[0].reason


def test_a_session_of_more_than_an_hour_may_be_refused_to_a_vault_that_is_a_role_itself():
    long = RoleEntry("long", "main", "aws", "assumed_role", "", 2 * HOUR, 0)
    assert "chaining" in next(one for one in found(long, duration=60) if one.severity == "info").reason
    assert [one for one in found(SHORT, APP, duration=60) if one.severity == "info"] == []
