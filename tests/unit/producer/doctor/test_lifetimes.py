"""Which lifetime cuts off which."""

from __future__ import annotations

from dataclasses import replace

import pytest

from producer.doctor.lifetimes import (
    Limits,
    as_in_vault,
    judge_chaining,
    judge_leases,
    judge_login,
    judge_requests,
)
from producer.spec import Engine, Login, Role, Root, Spec, Team
from producer.spec.model import Lease

HOUR, MINUTE = 3600, 60
ENGINE = Engine("main", "aws", "eu-west-1", Lease(15 * MINUTE, HOUR), Root())
APP = Role("app", "main", "iam_user")
LOGIN = Login("approle", "approle")


def net(**ttl):
    return Role("net", "main", "assumed_role", role_arns=("arn:aws:iam::1:role/net",), **ttl)


def told(findings):
    return [(one.severity, one.subject) for one in findings]


def test_a_mount_that_is_as_long_as_the_lease_is_fine_and_a_shorter_one_cuts_it():
    assert told(judge_leases(ENGINE, [APP], Limits(HOUR, HOUR))) == []
    (cut,) = judge_leases(ENGINE, [APP], Limits(HOUR, HOUR - 1))
    assert (cut.severity, "`producer setup`" in cut.remedy) == ("warning", True)


def test_a_mount_that_the_spec_itself_tunes_is_to_be_raised_there():
    (cut,) = judge_leases(replace(ENGINE, tune={"max_lease_ttl": MINUTE}), [APP], Limits(MINUTE, MINUTE))
    assert "`tune.max_lease_ttl`" in cut.remedy


def test_keys_without_any_lease_config_live_as_long_as_vault_likes():
    bare = replace(ENGINE, lease=None)
    assert told(judge_leases(bare, [APP], Limits(32 * 86400, 32 * 86400))) == [("warning", "main")]
    assert told(judge_leases(bare, [APP], Limits(32 * 86400, HOUR))) == []
    assert told(judge_leases(bare, [net()], Limits(32 * 86400, 32 * 86400))) == []


def test_a_session_longer_than_the_mount_allows_loses_its_lease_early():
    role = net(default_ttl=HOUR, max_ttl=2 * HOUR)
    assert told(judge_requests(ENGINE, [role], Limits(HOUR, HOUR))) == [("warning", "main/net")]
    assert told(judge_requests(ENGINE, [role, APP], Limits(HOUR, 2 * HOUR))) == []


def test_a_session_that_the_mount_cuts_below_awss_shortest_is_never_given():
    assert told(judge_requests(ENGINE, [net()], Limits(MINUTE, 10 * MINUTE))) == [("error", "main/net")]


@pytest.mark.parametrize(
    ("role", "session", "severity"),
    [
        (net(default_ttl=2 * HOUR, max_ttl=2 * HOUR), "yes", "error"),
        (net(default_ttl=HOUR, max_ttl=2 * HOUR), "yes", "warning"),
        (net(default_ttl=2 * HOUR, max_ttl=2 * HOUR), "maybe", "warning"),
        (Role("fed", "main", "federation_token"), "yes", "error"),
        (Role("ses", "main", "session_token"), "maybe", "warning"),
    ],
)
def test_what_aws_refuses_to_a_session_of_a_role_is_told_as_surely_as_it_is_known(role, session, severity):
    assert told(judge_chaining([role], session)) == [(severity, role.qualified)]
    assert told(judge_chaining([role], "no")) == []


def test_an_hour_is_what_role_chaining_allows():
    assert told(judge_chaining([net(default_ttl=HOUR, max_ttl=HOUR), net(), APP], "yes")) == []


def spec(login):
    return Spec("prod", (ENGINE,), (APP,), (Team("web", ("main/app",), (login,)),))


@pytest.mark.parametrize(
    ("role", "limits", "severities"),
    [
        ({"token_ttl": 15 * MINUTE, "token_max_ttl": HOUR}, Limits(0, 10 * HOUR), []),
        ({"token_ttl": 14 * MINUTE, "token_max_ttl": HOUR}, Limits(0, 10 * HOUR), ["warning"]),
        ({"token_ttl": 15 * MINUTE, "token_max_ttl": HOUR - 1}, Limits(0, 10 * HOUR), ["warning"]),
        ({"token_ttl": HOUR, "token_max_ttl": HOUR}, Limits(0, 10 * MINUTE), ["warning"] * 2),
        ({"token_ttl": 0, "token_max_ttl": 0}, Limits(5 * MINUTE, HOUR), ["warning"]),
        ({"token_period": 20 * MINUTE}, Limits(0, MINUTE), []),
        ({"token_period": 20 * MINUTE, "token_explicit_max_ttl": 30 * MINUTE}, Limits(0, HOUR), ["warning"]),
        (None, Limits(MINUTE, HOUR), []),
        (None, Limits(MINUTE, 30 * MINUTE), ["warning"]),
    ],
    ids=["enough", "ttl", "max", "mount", "default", "period", "explicit max", "unknown", "unknown but bounded"],
)
def test_a_key_dies_with_its_token_whatever_ends_that(role, limits, severities):
    login = as_in_vault(LOGIN, role, limits)
    live = spec(login)
    assert [one.severity for one in judge_login(live, live.teams[0], login)] == severities
