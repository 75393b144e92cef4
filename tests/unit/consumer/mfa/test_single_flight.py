"""Who waits for whom, where a person is being asked for a code."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consumer import cache
from consumer.cache import ASKING, Store
from consumer.codes.interface import Codes
from consumer.mfa import session
from consumer.mfa.key import Key
from consumer.obtain import obtain
from consumer.sources.mfa_session import MfaSession
from vault_aws_kit import clock
from vault_aws_kit.credentials import Credentials


class Slow(Codes):
    """Somebody who takes her time: what others do meanwhile is `meanwhile`."""

    def __init__(self, meanwhile) -> None:
        self.meanwhile = meanwhile

    def first(self, device: str) -> str:
        self.meanwhile()
        return "123456"


@pytest.fixture
def store(tmp_path, monkeypatch) -> Store:
    ends = clock.now() + timedelta(hours=12)
    monkeypatch.setattr(session, "get", lambda *_: Credentials("ASIA", "s", "t", expires=ends))
    return Store(tmp_path, "secret")


def source(meanwhile) -> MfaSession:
    return MfaSession(Key("AKIA", "secret"), Slow(meanwhile), "arn:aws:iam::1:mfa/x")


def test_nobody_who_needs_no_code_waits_for_a_person(store):
    def another_asks_vault() -> None:
        with store.locked(store.key(source(None).identity), ASKING, 0):
            done.append(True)

    done = []
    assert obtain(source(another_asks_vault), store).not_kept == ""
    assert done == [True]


def test_who_needs_the_same_code_waits_is_told_so_and_asks_nobody_in_the_end(store, monkeypatch):
    monkeypatch.setattr(cache, "BUSY_AFTER", 0)
    monkeypatch.setattr(MfaSession, "patience", 0.1)
    said, asked = [], []

    def another_wants_it() -> None:
        obtain(source(lambda: asked.append(True)), store, say=said.append)

    obtain(source(another_wants_it), store)
    assert said == [MfaSession.busy]
    assert asked == [True]  # patience had an end
    obtain(source(lambda: asked.append(True)), store, say=said.append)
    assert asked == [True]
