"""Durations and timestamps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_aws_kit import clock


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15m", 900), ("1h30m", 5400), ("90d", 7776000), ("3600", 3600), (60, 60), ("1h0m0s", 3600), ("0s", 0)],
)
def test_durations_are_read_as_vault_writes_them(text, seconds):
    assert clock.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "15", "-5m", "1.5h", "5 m", "15min", "h1"])
def test_what_is_no_duration_is_refused(text):
    if text == "15":
        assert clock.seconds(text) == 15
    else:
        with pytest.raises(ValueError, match="no duration"):
            clock.seconds(text)


@given(st.integers(0, 10**9))
def test_a_duration_reads_back_as_what_it_was(amount):
    assert clock.seconds(clock.duration(amount)) == amount


def test_timestamps_are_in_utc_whatever_the_zone():
    noon = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))
    assert clock.timestamp(noon) == "2026-01-31T10:00:00Z"
    assert clock.now().tzinfo is UTC
