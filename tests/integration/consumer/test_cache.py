"""Cached credentials: one lease for however many ask, for one token alone, and never longer than it or they live."""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from consumer.cache import ASKING, Store
from vault_aws_kit import clock
from vault_aws_kit.errors import CacheUnusable, TokenRefused, VaultUnreachable

from .conftest import CONSUMER, NET

STS, KEY = "net", "app"


@pytest.fixture
def folder(consumer_home) -> Path:
    return consumer_home / ".cache" / "vault-aws-kit" / "credentials"


@pytest.fixture
def entry(folder):
    """The file of the only entry."""

    def one() -> Path:
        (found,) = folder.glob("*.json")
        return found

    return one


def leases(admin, mount: str, role: str) -> list[str]:
    return admin.names(f"sys/leases/lookup/{mount}/creds/{role}")


# ── what a call costs Vault ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [STS, KEY])
def test_fresh_credentials_take_one_question_of_each_kind(creds, sent, role, engine):
    creds(role)
    assert len(sent) == 4, sent
    assert sent.count(f"{engine}/creds/{role}") == 1


def test_a_cached_session_takes_no_request(creds, sent):
    first = creds(STS)
    sent.clear()
    assert creds(STS) == first
    assert sent == []


def test_a_cached_key_takes_one_request_that_proves_it_alive(creds, sent):
    first = creds(KEY)
    sent.clear()
    assert creds(KEY) == first
    assert sent == ["sys/leases/lookup"]


# Imports once, then forks: the askers are real processes, without the seconds that 200 starts of Python would take.
ASKERS = """
import os, sys
import consumer.cli, consumer.obtain, consumer.issue, consumer.roles, vault_aws_kit.transport
import consumer.sources.vault_role, cryptography.hazmat.primitives.ciphers.aead, cryptography.hazmat.primitives.kdf.hkdf
gate, opener = os.pipe()
children = []
for number in range(int(sys.argv[1])):
    child = os.fork()
    if not child:
        os.close(opener)
        os.read(gate, 1)  # until all are there
        os.dup2(os.open(f"{sys.argv[2]}/{number}", os.O_WRONLY | os.O_CREAT, 0o600), 1)
        code = consumer.cli.main(sys.argv[3:])
        sys.stdout.flush()
        os._exit(code)
    children.append(child)
os.close(gate)
os.close(opener)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


@pytest.mark.parametrize("role", [STS, KEY])
def test_200_processes_that_ask_at_once_are_one_request_for_credentials(
    as_team, gate, catalog_mount, engine, admin, tmp_path, role
):
    told = tmp_path / "told"
    told.mkdir()
    argv = ["creds", "--catalog-mount", catalog_mount, "--role", role, "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-c", ASKERS, "200", str(told), *argv], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answers = [path.read_text() for path in told.iterdir()]
    assert len(answers) == 200
    assert len(set(answers)) == 1
    assert [path for path in gate.passed if "/creds/" in path] == [f"/v1/{engine}/creds/{role}"]
    if role == KEY:
        assert len(leases(admin, engine, role)) == 1


def test_whole_processes_share_one_lease_too(as_team, catalog_mount, engine, admin):
    argv = [*CONSUMER, "creds", "--catalog-mount", catalog_mount, "--role", KEY, "--format", "json"]
    running = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(6)]
    said = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 6
    assert len(said) == 1
    assert len(leases(admin, engine, KEY)) == 1


# ── for whom and for what ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "other", [("--ttl", "20m"), ("--session-name", "me"), ("--region", "eu-central-1"), ("--role-arn", NET)]
)
def test_whoever_asks_for_something_else_gets_something_else(creds, other):
    assert creds(STS)["access_key_id"] != creds(STS, *other)["access_key_id"]


def test_another_token_of_the_same_team_gets_credentials_of_its_own(creds, as_team, monkeypatch):
    first = creds(STS)
    monkeypatch.setenv("VAULT_TOKEN", as_team.token())
    assert creds(STS)["access_key_id"] != first["access_key_id"]


def test_no_cache_neither_takes_nor_keeps(creds, folder):
    first = creds(STS, "--no-cache")
    assert not folder.exists()
    second = creds(STS)
    assert creds(STS, "--no-cache")["access_key_id"] not in (first["access_key_id"], second["access_key_id"])
    assert creds(STS) == second


def test_exec_takes_a_lease_of_its_own(creds, catalog_mount):
    first = creds(KEY)
    argv = [*CONSUMER, "exec", "--catalog-mount", catalog_mount, "--role", KEY, "--", "printenv", "AWS_ACCESS_KEY_ID"]
    run = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert run.stdout.strip() not in ("", first["access_key_id"])
    assert creds(KEY) == first


# ── for how long ────────────────────────────────────────────────────────────────────────────────


def test_credentials_are_reused_until_five_minutes_before_their_end(creds, later):
    first = creds(STS)  # 30m
    later(timedelta(minutes=24))
    assert creds(STS) == first
    later(timedelta(minutes=26))
    assert creds(STS)["access_key_id"] != first["access_key_id"]


def test_short_ones_are_reused_until_a_third_of_their_life_is_left(creds, engine, admin, later):
    admin.write(f"{engine}/config/lease", {"lease": "6m", "lease_max": "6m"})
    first = creds(KEY)
    later(timedelta(minutes=3, seconds=50))
    assert creds(KEY) == first
    later(timedelta(minutes=4, seconds=10))
    assert creds(KEY)["access_key_id"] != first["access_key_id"]


def test_min_ttl_says_how_long_they_must_still_live(creds, later):
    first = creds(STS)
    later(timedelta(minutes=29))
    assert creds(STS, "--min-ttl", "30s") == first
    assert creds(STS, "--min-ttl", "2m")["access_key_id"] != first["access_key_id"]


def test_a_min_ttl_beyond_the_roles_life_is_told(consumer, as_team):
    run = consumer("creds", "--role", STS, "--min-ttl", "2h")
    assert run.code == 0
    assert "less than --min-ttl 2h" in run.err


def test_nothing_is_kept_longer_than_the_token_lives(consumer, team, consumer_home, monkeypatch, later):
    team.tune(token_ttl="10m")
    monkeypatch.setenv("VAULT_TOKEN", team.token())
    first = consumer("creds", "--role", STS).out
    later(timedelta(minutes=9))
    assert consumer("creds", "--role", STS, "--min-ttl", "0").out == first
    later(timedelta(minutes=11))
    assert consumer("creds", "--role", STS, "--min-ttl", "0").out != first


def test_an_entry_from_the_future_is_of_a_clock_that_was_wrong(creds, later):
    later(timedelta(hours=2))
    first = creds(STS)
    later(timedelta(0))
    assert creds(STS)["access_key_id"] != first["access_key_id"]


# ── what died meanwhile ─────────────────────────────────────────────────────────────────────────


def test_a_key_that_died_with_its_token_is_never_served(creds, consumer, as_team, admin, aws, folder):
    first = creds(KEY)
    admin.write("auth/token/revoke", {"token": os.environ["VAULT_TOKEN"]})
    assert aws.owner_of(first["access_key_id"]) is None
    run = consumer("creds", "--role", KEY)
    assert run.code == TokenRefused.exit_code
    assert run.out == ""
    assert list(folder.glob("*.json")) == []


def test_a_key_whose_lease_was_revoked_is_replaced(creds, admin):
    first = creds(KEY)
    admin.write("sys/leases/revoke", {"lease_id": first["lease_id"], "sync": True})
    second = creds(KEY)
    assert second["access_key_id"] != first["access_key_id"]
    assert creds(KEY) == second


def test_a_token_that_may_not_look_leases_up_still_has_its_cache(creds, as_team, admin):
    first = creds(KEY)
    policy = admin.read(f"sys/policies/acl/{as_team.login.role}")["policy"].replace("sys/leases/lookup", "sys/x")
    admin.write(f"sys/policies/acl/{as_team.login.role}", {"policy": policy})
    assert creds(KEY) == first


# ── Vault out of reach ──────────────────────────────────────────────────────────────────────────


def test_a_session_is_served_while_vault_is_down(gate, creds, consumer):
    first = creds(STS)
    gate.shut()
    run = consumer("creds", "--role", STS, "--format", "json")
    assert json.loads(run.out) == first
    assert run.err == ""


@pytest.mark.parametrize("shortly", [False, True])
def test_a_key_is_served_while_vault_is_down_and_that_is_said(gate, creds, consumer, later, shortly):
    first = creds(KEY)
    gate.shut()
    if shortly:  # before its end, when fresh ones would be asked for
        later(timedelta(minutes=14))
    run = consumer("creds", "--role", KEY, "--format", "json")
    assert json.loads(run.out) == first
    assert "doesn't answer: connection refused" in run.err
    assert f"from the cache, and good until {first['expires']}" in run.err


def test_who_logs_in_without_being_asked_is_served_too_while_vault_is_down(gate, creds, consumer, team, monkeypatch):
    """The token is found by a proof, which Vault can't be asked about meanwhile."""
    monkeypatch.delenv("VAULT_TOKEN")
    for name, value in (("ROLE_ID", team.role_id), ("SECRET_ID", team.secret_id()), ("AUTH_PATH", team.login.mount)):
        monkeypatch.setenv(f"VAULT_{name}", value)
    first = creds(STS)
    gate.shut()
    run = consumer("creds", "--role", STS, "--format", "json")
    assert run.code == 0, run.err
    assert json.loads(run.out) == first


def test_what_has_ended_is_not_served_even_while_vault_is_down(gate, creds, consumer, later):
    creds(KEY)
    gate.shut()
    later(timedelta(minutes=16))
    run = consumer("creds", "--role", KEY)
    assert run.code == VaultUnreachable.exit_code
    assert run.out == ""


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [STS, KEY])
def test_no_secret_and_no_token_stands_in_the_store(creds, folder, role):
    found = creds(role)
    token = os.environ["VAULT_TOKEN"]
    held = b"".join(path.name.encode() + path.read_bytes() for path in folder.iterdir())
    sealed = base64.b64decode(json.loads(next(folder.glob("*.json")).read_text())["sealed"])
    secrets = (token, found["secret_access_key"], found["session_token"], found["access_key_id"])
    for secret in filter(None, secrets):
        for form in (secret.encode(), base64.b64encode(secret.encode())[:-4], secret.encode().hex().encode()):
            assert form not in held + sealed


def test_only_their_owner_can_read_what_is_kept(creds, folder):
    before = os.umask(0)
    try:
        creds(STS)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_an_entry_is_good_in_its_own_place_alone(creds, folder, entry):
    creds(STS)
    session = entry().read_text()
    entry().unlink()
    key = creds(KEY)
    entry().write_text(session)
    assert creds(KEY)["type"] == key["type"]


def test_nobody_can_put_an_entrys_end_off(creds, entry, later):
    first = creds(STS)
    value = json.loads(entry().read_text())
    entry().write_text(json.dumps({**value, "ends": clock.timestamp(clock.now() + timedelta(days=1))}))
    assert creds(STS)["access_key_id"] != first["access_key_id"]


# ── stores that are not as they should be ───────────────────────────────────────────────────────


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"ends": 3}', b"\xff\x00", b'{"ends": "x", "sealed": "AA=="}'])
def test_a_damaged_entry_is_replaced(creds, entry, damage):
    creds(STS)
    entry().write_bytes(damage)
    second = creds(STS)
    assert creds(STS) == second


def test_an_entry_that_others_could_read_is_replaced(creds, entry):
    first = creds(STS)
    entry().chmod(0o644)
    assert creds(STS)["access_key_id"] != first["access_key_id"]
    assert stat.S_IMODE(entry().stat().st_mode) == 0o600


def test_a_link_in_an_entrys_place_is_replaced_and_not_followed(creds, entry, tmp_path):
    first = creds(STS)
    place, elsewhere = entry(), tmp_path / "elsewhere"
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    before = elsewhere.read_text()
    assert creds(STS)["access_key_id"] != first["access_key_id"]
    assert not place.is_symlink()
    assert elsewhere.read_text() == before


def test_a_folder_that_others_could_enter_is_closed_to_them(creds, folder):
    first = creds(STS)
    folder.chmod(0o755)
    assert creds(STS) == first
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_link_in_the_folders_place_is_refused(consumer, as_team, folder, tmp_path):
    folder.parent.mkdir(parents=True)
    (tmp_path / "theirs").mkdir()
    folder.symlink_to(tmp_path / "theirs")
    for run in (
        consumer("creds", "--role", STS),
        consumer("cache", "list", catalog=False),
        consumer("cache", "clear", catalog=False),
    ):
        assert run.code == CacheUnusable.exit_code
        assert "--no-cache" in run.err
        assert run.out == ""
    assert list((tmp_path / "theirs").iterdir()) == []
    assert consumer("creds", "--role", STS, "--no-cache").code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_of_somebody_else_is_refused(consumer, as_team, folder):
    folder.mkdir(parents=True)
    os.chown(folder, 65534, 65534)
    run = consumer("creds", "--role", STS)
    assert run.code == CacheUnusable.exit_code
    assert "belongs to another user (uid 65534)" in run.err


def test_where_nothing_can_be_kept_credentials_are_given_all_the_same(consumer, as_team, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    run = consumer("creds", "--role", STS)
    assert run.code == 0
    assert "AWS_SESSION_TOKEN" in run.out
    assert "nothing can be cached (Not a directory)" in run.err
    assert consumer("creds", "--role", STS, "--no-cache").err == ""


HOLDER = """
import signal, sys
from pathlib import Path
from consumer.cache import ASKING, Store
with Store(Path(sys.argv[1]), "t").locked(sys.argv[2], ASKING):
    print("held", flush=True)
    signal.pause()
"""


def test_a_lock_ends_with_the_process_that_had_it(creds, folder, entry):
    creds(STS)
    key = entry().stem
    entry().unlink()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder), key], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(TimeoutError), Store(folder, "t")._lock(key, ASKING, 0):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert creds(STS)


def test_what_has_ended_is_removed_by_whoever_comes_next(creds, folder, later):
    creds(STS)
    later(timedelta(hours=1))
    creds(KEY)
    assert len(list(folder.glob("*.json"))) == 1


# ── cache list, cache clear ─────────────────────────────────────────────────────────────────────


def cache(consumer, *argv: str):
    run = consumer("cache", *argv, "--format", "json", catalog=False)
    assert run.code == 0, run.err
    return json.loads(run.out)


def test_list_tells_what_is_kept_and_no_secret(creds, consumer):
    found = {role: creds(role) for role in (STS, KEY)}
    listed = {entry["role"]: entry for entry in cache(consumer, "list")}
    assert {role: entry["revocable"] for role, entry in listed.items()} == {STS: False, KEY: True}
    assert listed[STS]["expires"] == found[STS]["expires"]
    text = consumer("cache", "list", catalog=False)
    assert found[KEY]["access_key_id"] in text.out
    for secret in (found[STS]["session_token"], *(one["secret_access_key"] for one in found.values())):
        assert secret not in json.dumps(listed) + text.out + text.err


def test_clear_revokes_keys_and_forgets_the_rest(creds, consumer, aws, folder):
    key, session = creds(KEY), creds(STS)
    cleared = cache(consumer, "clear")
    assert cleared == {
        "revoked": [key["access_key_id"]], "forgotten": [session["access_key_id"]], "failed": [], "others": 0,
    }  # fmt: skip
    assert aws.owner_of(key["access_key_id"]) is None
    assert list(folder.glob("*.json")) == []


def test_clear_leaves_what_other_tokens_got_unless_it_is_asked_for(creds, consumer, as_team, monkeypatch, aws):
    key = creds(KEY)
    monkeypatch.setenv("VAULT_TOKEN", as_team.token())
    assert cache(consumer, "list") == []
    assert cache(consumer, "clear")["others"] == 1
    assert "1 more are of other tokens" in consumer("cache", "list", catalog=False).err
    assert cache(consumer, "clear", "--all")["others"] == 0
    assert aws.owner_of(key["access_key_id"])
    assert consumer("cache", "list", catalog=False).err == ""


def test_what_cannot_be_revoked_now_stays_for_another_try(gate, creds, consumer):
    key = creds(KEY)
    gate.shut()
    run = consumer("cache", "clear", catalog=False)
    assert run.code == 82
    assert "doesn't answer" in run.err
    assert cache(consumer, "list")[0]["access_key_id"] == key["access_key_id"]


def test_clear_forgets_a_key_that_died_with_its_token(creds, consumer, admin):
    key = creds(KEY)
    admin.write("auth/token/revoke", {"token": os.environ["VAULT_TOKEN"]})
    assert cache(consumer, "clear")["forgotten"] == [key["access_key_id"]]
