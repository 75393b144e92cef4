"""What sys/health and the token's own look-up mean."""

from __future__ import annotations

import pytest

from producer.doctor.server import judge_health, judge_token

WELL = {"initialized": True, "sealed": False, "version": "1.21.4", "replication_dr_mode": "disabled"}


def test_a_server_that_serves_is_fine_and_says_its_version():
    found = judge_health("https://v", WELL)
    assert (found.severity, "1.21.4" in found.reason) == ("ok", True)


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ({"sealed": True}, "vault operator unseal"),
        ({"initialized": False, "sealed": True}, "vault operator init"),
        ({"replication_dr_mode": "secondary"}, "primary"),
    ],
)
def test_one_that_serves_nobody_is_an_error_with_its_own_way_out(wrong, remedy):
    found = judge_health("https://v", {**WELL, **wrong})
    assert found.severity == "error"
    assert remedy in found.remedy


def test_a_server_that_may_not_be_asked_for_its_health_is_not_called_ill():
    assert judge_health("https://v", {}).severity == "ok"


@pytest.mark.parametrize(
    ("token", "severity"),
    [
        ({"policies": ["root"], "ttl": 0}, "info"),
        ({"policies": ["a"], "ttl": 60}, "warning"),
        ({"policies": ["a"], "ttl": 3600}, "ok"),
        ({"policies": ["a"], "ttl": 0}, "ok"),
    ],
)
def test_a_token_is_worth_a_word_where_it_is_too_mighty_or_about_to_end(token, severity):
    assert judge_token(token).severity == severity
