"""Where credentials are kept, and for how long they are good."""

from __future__ import annotations

from datetime import timedelta

import platformdirs
import pytest

from consumer.cache import Entry, Store
from consumer.seal import NotOurs, Seal
from vault_aws_kit import clock
from vault_aws_kit.credentials import Credentials


@pytest.mark.parametrize("chosen", [None, "", "/elsewhere/cache", "relative/cache"])
def test_the_folder_is_the_systems_own_for_caches(monkeypatch, chosen):
    if chosen is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", chosen)
    assert Store.of_user("t").folder == platformdirs.user_cache_path("vault-aws-kit") / "credentials"


def kept(life: int, age: int) -> Entry:
    """An entry that lives for so many seconds, so many seconds after it was stored."""
    stored = clock.now() - timedelta(seconds=age)
    return Entry(Credentials("AKIA", "s"), stored, stored + timedelta(seconds=life))


@pytest.mark.parametrize(
    ("life", "age", "min_ttl", "good"),
    [
        (3600, 3200, None, True),
        (3600, 3400, None, False),
        (600, 390, None, True),
        (600, 410, None, False),
        (3600, 3500, 60, True),
        (3600, 3500, 200, False),
        (3600, 3500, 0, True),
        (3600, 3700, 0, False),
        (3600, -30, None, True),
        (3600, -3000, None, False),
    ],
)
def test_an_entry_is_good_while_enough_of_its_life_is_left(life, age, min_ttl, good):
    assert kept(life, age).lasts(min_ttl) is good


def test_what_is_sealed_can_be_opened_with_its_secret_in_its_place_alone():
    sealed = Seal("one").close(b"text", b"place")
    assert Seal("one").open(sealed, b"place") == b"text"
    for seal, place in ((Seal("two"), b"place"), (Seal("one"), b"other")):
        with pytest.raises(NotOurs):
            seal.open(sealed, place)
    for damaged in (b"", sealed[:-1], sealed[:12], bytes([sealed[0] ^ 1]) + sealed[1:]):
        with pytest.raises(NotOurs):
            Seal("one").open(damaged, b"place")


def test_the_same_text_is_never_sealed_the_same_way():
    assert Seal("one").close(b"text", b"place") != Seal("one").close(b"text", b"place")


def test_a_name_is_of_one_secret_and_tells_nothing():
    names = {Seal(secret).name(what) for secret in ("one", "two") for what in (b"a", b"b")}
    assert len(names) == 4
    assert Seal("one").name(b"a") == Seal("one").name(b"a")
    assert {len(name) for name in names} == {32}


def test_no_secret_stands_in_a_repr():
    assert "hvs.c4n4ry" not in repr(Seal("hvs.c4n4ry")) + repr(Store.of_user("hvs.c4n4ry"))
