"""One setup of a spec at a time."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest

from producer import lock as locks
from producer.lock import SetupLock
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.errors import LockHeld, LockLost, PlanStale, VaultUnreachable
from vault_aws_kit.settings import VaultSettings, find_token
from vault_aws_kit.vault import Request, Vault


@pytest.fixture
def catalog(as_admin, unique) -> Catalog:
    vault = Vault(VaultSettings.from_environment(), find_token())
    vault.write(f"sys/mounts/catalog-{unique}", {"type": "kv", "options": {"version": "2"}})
    made = Catalog(vault, f"catalog-{unique}")
    made.wait_until_ready()
    return made


def test_the_second_is_told_who_holds_the_lock(catalog):
    with SetupLock(catalog, "prod"), pytest.raises(LockHeld) as held, SetupLock(catalog, "prod"):
        pass
    assert "(process" in held.value.message


def test_specs_do_not_lock_each_other(catalog):
    with SetupLock(catalog, "prod"), SetupLock(catalog, "dev"):
        pass


def test_the_second_waits_and_says_for_whom(catalog, monkeypatch):
    monkeypatch.setattr(locks, "POLL", 0.05)
    told = threading.Event()
    first = SetupLock(catalog, "prod")
    first.__enter__()

    def let_go() -> None:
        told.wait(10)
        first.__exit__(None, None, None)

    releaser = threading.Thread(target=let_go)
    releaser.start()
    with SetupLock(catalog, "prod", wait=10, say=lambda _: told.set()):
        assert told.is_set()
    releaser.join()


def test_a_lock_is_free_again_afterwards_also_after_an_error(catalog):
    with pytest.raises(ZeroDivisionError), SetupLock(catalog, "prod"):
        _ = 1 / 0
    with SetupLock(catalog, "prod") as lock:
        lock.check()


def test_a_dead_holders_lock_expires(catalog, monkeypatch):
    monkeypatch.setattr(locks, "HEARTBEAT", 3600)
    SetupLock(catalog, "prod").__enter__()
    monkeypatch.setattr(locks, "TTL", 0.0)
    with SetupLock(catalog, "prod", wait=5):
        pass


def test_a_heartbeat_keeps_a_lock_alive(catalog, monkeypatch):
    monkeypatch.setattr(locks, "HEARTBEAT", 0.05)
    with SetupLock(catalog, "prod") as lock:
        first = lock._refreshed
        for _ in range(200):
            if lock._refreshed > first:
                break
            threading.Event().wait(0.05)
        assert lock._refreshed > first
        lock.check()


def test_a_holder_whose_lock_was_taken_stops(catalog, monkeypatch):
    monkeypatch.setattr(locks, "HEARTBEAT", 0.05)
    with SetupLock(catalog, "prod") as robbed, SetupLock(catalog, "prod", force=True):
        robbed._heart.join(10)
        with pytest.raises(LockLost):
            robbed.check()


def test_a_lock_works_again_after_it_was_deleted_softly(catalog):
    with SetupLock(catalog, "prod"):
        pass
    catalog.vault.delete(f"{catalog.mount}/data/prod/lock")
    with SetupLock(catalog, "prod") as lock:
        lock.check()


def test_a_write_whose_answer_got_lost_does_not_cost_the_lock(catalog, monkeypatch):
    monkeypatch.setattr(locks, "HEARTBEAT", 0.05)
    with SetupLock(catalog, "prod") as lock:
        lock._version -= 1
        waited = threading.Event()
        for _ in range(100):
            waited.wait(0.05)
            lock.check()
            if lock._version > 2:
                break
        assert lock._version > 2
        lock.check()


def test_letting_go_while_vault_is_away_hides_no_error(catalog, monkeypatch):
    def away(*_: object) -> None:
        raise VaultUnreachable("away")

    def fail() -> None:
        monkeypatch.setattr(Vault, "_send", away)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), SetupLock(catalog, "prod"):
        fail()


@pytest.fixture
def robbed(producer, vault, unique, monkeypatch):
    """Runs a setup whose lock somebody forces while something is written to a path."""
    monkeypatch.setattr(locks, "HEARTBEAT", 0.05)
    held: list[SetupLock] = []
    enter, send = SetupLock.__enter__, Vault._send

    def remember(self: SetupLock) -> SetupLock:
        held.append(self)
        return enter(self)

    def run(path: str):
        def rob(self: Vault, request: Request, wrap_ttl: str = ""):
            answer = send(self, request, wrap_ttl)
            if request.operation == "update" and request.path == path:
                vault.write_data(
                    f"catalog-{unique}/data/{unique}/lock", data={"data": {"nonce": "x", "who": "a", "since": "b"}}
                )
                held[0]._heart.join(10)
            return answer

        monkeypatch.setattr(SetupLock, "__enter__", remember)
        monkeypatch.setattr(Vault, "_send", rob)
        return producer("setup", "--yes")

    return run


def test_a_setup_whose_lock_is_taken_stops_before_the_next_kind(robbed, vault, unique):
    """The engine's mount is there then, and nothing in it."""
    assert robbed(f"sys/mounts/aws-{unique}").code == LockLost.exit_code
    assert f"aws-{unique}/" in vault.sys.list_mounted_secrets_engines()["data"]
    assert vault.read(f"aws-{unique}/config/lease") is None
    assert vault.read(f"aws-{unique}/roles/app") is None


def test_a_setup_whose_lock_is_taken_at_the_very_end_leaves_the_record_to_the_other(robbed, vault, unique):
    assert robbed(f"catalog-{unique}/data/{unique}/engines/main").code == LockLost.exit_code
    record = json.loads(vault.read(f"catalog-{unique}/data/{unique}/owned/role")["data"]["data"]["json"])
    assert [mark["digest"] for mark in record["objects"].values()] == ["", ""]


def test_two_setups_at_once_both_end_well_and_the_second_finds_nothing_to_do(producer, as_admin, unique, content, spec):
    file = spec(content)
    command = ["setup", "--yes", "--spec", str(file), "--catalog-mount", f"catalog-{unique}", "--lock-timeout", "60s"]
    code = f"import sys; from producer.cli import main; sys.exit(main({command!r}))"
    runs = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [run.communicate(timeout=120) for run in runs]
    codes = sorted(run.returncode for run in runs)
    assert codes in ([0, 0], [0, PlanStale.exit_code]), said
    assert producer("plan", "--detailed-exitcode").code == 0
