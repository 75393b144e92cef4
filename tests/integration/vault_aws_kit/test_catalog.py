"""The catalog in a real KV v2 mount: long values in parts, and no mixture of old and new."""

from __future__ import annotations

import threading

import pytest

from vault_aws_kit.catalog import CHUNK, Catalog
from vault_aws_kit.errors import CatalogUnreadable


@pytest.fixture
def catalog(admin, unique) -> Catalog:
    admin.write(f"sys/mounts/{unique}", {"type": "kv", "options": {"version": "2"}})
    yield Catalog(admin, unique)
    admin.delete(f"sys/mounts/{unique}")


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17])
def test_a_text_of_any_length_comes_back_as_it_was(catalog, size):
    text = "abcdefghij"[: size % 10] + "0123456789" * (size // 10)
    catalog.write("s/teams/t", text)
    assert catalog.read("s/teams/t") == text


def test_nothing_is_none(catalog):
    assert catalog.read("s/teams/nobody") is None
    assert catalog.names("s/teams") == []


def test_old_parts_do_not_stay(catalog, admin):
    catalog.write("s/teams/t", "a" * 2 * CHUNK)
    catalog.write("s/teams/t", "b" * 2 * CHUNK)
    assert len(catalog.names("s/teams/t/chunks")) == 1
    catalog.write("s/teams/t", "short")
    assert catalog.names("s/teams/t/chunks") == []


def test_deleting_leaves_nothing(catalog):
    catalog.write("s/teams/t", "a" * 2 * CHUNK)
    catalog.delete("s/teams/t")
    assert catalog.read("s/teams/t") is None
    assert catalog.names("s/teams") == []


def test_a_value_that_was_deleted_by_hand_can_be_written_again(catalog, admin):
    catalog.write("s/teams/t", "one")
    admin.delete(f"{catalog.mount}/data/s/teams/t")
    assert catalog.read("s/teams/t") is None
    catalog.write("s/teams/t", "two")
    assert catalog.read("s/teams/t") == "two"


def test_parts_that_do_not_fit_together_are_told(catalog, admin):
    catalog.write("s/teams/t", "a" * 2 * CHUNK)
    digest = catalog.names("s/teams/t/chunks")[0].rstrip("/")
    admin.write(f"{catalog.mount}/data/s/teams/t/chunks/{digest}/2", {"data": {"json": "forged"}})
    with pytest.raises(CatalogUnreadable, match="damaged"):
        catalog.read("s/teams/t")


def test_a_part_that_is_gone_is_told(catalog, admin):
    catalog.write("s/teams/t", "a" * 2 * CHUNK)
    digest = catalog.names("s/teams/t/chunks")[0].rstrip("/")
    admin.delete(f"{catalog.mount}/metadata/s/teams/t/chunks/{digest}/1")
    with pytest.raises(CatalogUnreadable):
        catalog.read("s/teams/t")


@pytest.mark.parametrize("value", [{}, {"other": "x"}, {"json": 7}])
def test_a_value_of_somebody_elses_is_told(catalog, admin, value):
    admin.write(f"{catalog.mount}/data/s/teams/t", {"data": value})
    with pytest.raises(CatalogUnreadable):
        catalog.read("s/teams/t")


def test_who_reads_while_somebody_writes_sees_the_old_value_or_the_new(catalog):
    texts = ["a" * 2 * CHUNK, "b" * 3 * CHUNK, "c"]
    catalog.write("s/teams/t", texts[0])
    done = threading.Event()
    seen: set[str] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(catalog.read("s/teams/t") or "nothing")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(6):
            for text in texts:
                catalog.write("s/teams/t", text)
    finally:
        done.set()
        reader.join()
    assert seen <= set(texts)
