"""When what ends by itself is looked after. Renewal itself is tested against the real server."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest

from consumer import upkeep
from consumer.issue import Parameters
from consumer.lasting_token import LastingToken
from consumer.leases import Leases, Lifeline
from consumer.token import TokenInfo
from vault_aws_kit import clock
from vault_aws_kit.credentials import Credentials
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault


@pytest.fixture
def nobody():
    """A connection to where nothing answers: what asks Vault all the same is found out."""
    with Vault(VaultSettings(address="http://127.0.0.1:9"), "token") as vault:
        yield vault


def lasting(vault: Vault, said: list[str], **about: object) -> LastingToken:
    token = LastingToken(vault, TokenInfo(("team",), **about), lambda: vault, said.append)
    token._due = clock.now()
    return token


def test_what_ends_is_renewed_with_a_third_of_its_life_left():
    end = clock.now() + timedelta(hours=3)
    assert (end - upkeep.ahead_of(end)).total_seconds() == pytest.approx(3600, abs=1)


def test_what_never_ends_is_never_renewed():
    assert upkeep.ahead_of(None) == upkeep.NEVER


@pytest.mark.parametrize(("left", "pause"), [(5, 1), (100, 10), (3600, 30)])
def test_what_failed_is_tried_again_several_times_before_the_end(left, pause):
    at = upkeep.next_try(clock.now() + timedelta(seconds=left))
    assert (at - clock.now()).total_seconds() == pytest.approx(pause, abs=0.5)


def test_of_a_session_that_can_not_be_renewed_it_is_said_once_until_when_it_lives(nobody):
    said: list[str] = []
    token = lasting(nobody, [])
    end = clock.now() + timedelta(minutes=5)
    lifeline = Lifeline(Leases(token, lambda _: Parameters()), Credentials("ASIA", "s", "t", expires=end), said.append)
    lifeline._due = clock.now()
    for _ in range(3):
        lifeline.look_after()
    [only] = said
    assert only.startswith(f"The credentials live until {clock.timestamp(end)}: they can't be renewed.")
    assert "--refresh" in only


def test_of_a_token_that_can_not_be_renewed_it_is_said_once(nobody):
    said: list[str] = []
    end = clock.now() + timedelta(minutes=5)
    token = lasting(nobody, said, expires=end, renewable=False)
    for _ in range(3):
        token.look_after()
    [only] = said
    assert only.startswith(f"Your Vault token ends at {clock.timestamp(end)}")


def test_a_token_whose_vault_is_away_is_tried_again_and_nothing_is_said(nobody):
    said: list[str] = []
    token = lasting(nobody, said, expires=clock.now() + timedelta(minutes=5), renewable=True)
    token.look_after()
    assert said == []
    assert clock.now() < token._due < token.token.expires


def test_duties_are_called_until_the_block_ends():
    called = Event()
    with upkeep.each_second(called.set):
        assert called.wait(60)
