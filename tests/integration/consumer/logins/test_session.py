"""Commands log in by themselves: when, with what, once for all processes, and where the token is kept meanwhile."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from consumer import session
from consumer.logins import proofs
from vault_aws_kit import clock
from vault_aws_kit.errors import (
    KitError,
    LoginFailed,
    NoConsole,
    TokenMissing,
    TokenRefused,
    VaultUnreachable,
)
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.terminal import VaultOptions
from vault_aws_kit.vault import Vault

CONSUMER = [sys.executable, "-c", "import sys; from consumer.cli import main; sys.exit(main())"]
LOGGED_IN = "Logged in to Vault with"
HERE = VaultOptions("", "", "")


@pytest.fixture
def ids(team, monkeypatch) -> str:
    """The team's AppRole in the environment, with a secret_id that works once; gives the secret."""
    place = f"auth/{team.login.mount}/role/{team.login.role}/secret-id"
    secret = str(team.admin.write(place, {"num_uses": 1}).data["secret_id"])
    monkeypatch.setenv("VAULT_ROLE_ID", team.role_id)
    monkeypatch.setenv("VAULT_SECRET_ID", secret)
    monkeypatch.setenv("VAULT_AUTH_PATH", team.login.mount)
    return secret


@pytest.fixture
def files(consumer_home):
    """The kept tokens' files."""
    return lambda: sorted((consumer_home / ".cache" / "vault-aws-kit" / "tokens").glob("*.json"))


def change(file: Path, **fields: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


def soon(seconds: int) -> str:
    return (clock.now() + timedelta(seconds=seconds)).isoformat()


# ── when, and with what ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "argv",
    [
        ("roles",),
        ("creds", "--role", "net"),
        ("render", "--role", "net", "--mode", "ephemeral"),
        ("exec", "--role", "net", "--", "true"),
    ],
)
def test_every_command_logs_in_by_itself(consumer, ids, argv, consumer_home):
    run = consumer(*argv)
    assert run.code == 0, run.err
    assert f"{LOGGED_IN} VAULT_ROLE_ID and VAULT_SECRET_ID" in run.err
    assert not (consumer_home / ".vault-token").exists()


def test_a_console_that_aws_would_refuse_is_refused_after_a_login_by_itself(consumer, ids):
    run = consumer("console", "--role", "app")
    assert run.code == NoConsole.exit_code, run.err
    assert LOGGED_IN in run.err


def test_what_a_login_by_itself_left_in_the_cache_is_listed_and_cleared(consumer, ids):
    kept = json.loads(consumer("creds", "--role", "app", "--format", "json").out)["access_key_id"]
    listed = consumer("cache", "list", "--format", "json", catalog=False)
    assert [entry["access_key_id"] for entry in json.loads(listed.out)] == [kept]
    cleared = consumer("cache", "clear", "--format", "json", catalog=False)
    assert json.loads(cleared.out)["revoked"] == [kept]


def test_the_cache_of_a_login_that_a_team_names_is_found_by_the_team(consumer, jwt, team, job_token, monkeypatch):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AUTH_PATH", jwt.mount)
    name = f"{team.entry.spec}/pay"
    assert consumer("creds", "--role", "app", "--team", name).code == 0
    listed = consumer("cache", "list", "--team", name, "--format", "json", catalog=False)
    assert [entry["role"] for entry in json.loads(listed.out)] == ["app"]


def test_a_github_job_needs_two_variables_and_its_permission(consumer, jwt, github, monkeypatch):
    jwt.tune(bound_audiences=["https://github.com/acme"])
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    run = consumer("creds", "--role", "net")
    assert run.code == 0, run.err
    assert f"{LOGGED_IN} GitHub's ID token at auth/{jwt.mount} as {jwt.role}, for 1h." in run.err


def test_a_github_job_without_its_permission_is_told_of_it(consumer, jwt, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    run = consumer("roles")
    assert run.code == TokenMissing.exit_code
    assert "id-token: write" in run.err


def test_a_login_is_made_and_kept_in_its_namespace(issuer, job_token, unique, stack, admin, consumer_home, monkeypatch):
    try:
        admin.write(f"sys/namespaces/{unique}", {})
    except KitError as error:
        pytest.skip(f"this server has no namespaces: {error}")
    inside = VaultSettings(address=stack.vault_addr, namespace=unique)
    with Vault(inside, stack.vault_token, patience=20) as root:
        root.write("sys/auth/jwt", {"type": "jwt"})
        root.write("auth/jwt/config", {"jwt_validation_pubkeys": [issuer.public]})
        bound = {"bound_audiences": ["vault"], "bound_claims": {"repository": "acme/pay"}, "user_claim": "sub"}
        root.write("auth/jwt/role/a-role", {"role_type": "jwt", **bound})
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AUTH_ROLE", "a-role")
    with session.connect(VaultOptions("", unique, "")) as connection:
        assert connection.read("auth/token/lookup-self")["meta"] == {"role": "a-role"}
    with pytest.raises(LoginFailed):  # another namespace has another login, and doesn't get that token
        session.connect(HERE)


def test_a_gitlab_job_logs_in_with_its_id_token(consumer, jwt, job_token, monkeypatch):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AUTH_PATH", jwt.mount)
    monkeypatch.setenv("VAULT_AUTH_ROLE", jwt.role)
    assert consumer("roles").code == 0


def test_a_team_option_names_the_role_to_log_in_with(consumer, jwt, team, job_token, monkeypatch):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AUTH_PATH", jwt.mount)
    run = consumer("roles", "--team", f"{team.entry.spec}/pay")
    assert run.code == 0, run.err
    assert f"as {jwt.role}" in run.err


def test_a_pod_logs_in_as_its_service_account(consumer, kubernetes, pod_token, monkeypatch, tmp_path):
    (tmp_path / "token").write_text(pod_token())
    monkeypatch.setattr(proofs, "SERVICE_ACCOUNT", tmp_path / "token")
    monkeypatch.setenv("VAULT_AUTH_PATH", kubernetes.mount)
    monkeypatch.setenv("VAULT_AUTH_ROLE", kubernetes.role)
    run = consumer("creds", "--role", "net")
    assert run.code == 0, run.err
    assert "the pod's service account" in run.err


def test_a_token_of_ones_own_goes_first(consumer, ids, team, monkeypatch, files):
    monkeypatch.setenv("VAULT_TOKEN", team.token())
    run = consumer("roles")
    assert run.code == 0
    assert LOGGED_IN not in run.err
    assert files() == []


def test_a_token_that_vault_refuses_is_replaced_and_left_where_it_is(consumer, ids, team, consumer_home):
    token = team.token()
    with team.admin.as_token(token) as own:
        own.write("auth/token/revoke-self")
    (consumer_home / ".vault-token").write_text(token)
    run = consumer("roles")
    assert run.code == 0, run.err
    assert "Vault refuses the token" in run.err
    assert LOGGED_IN in run.err
    assert (consumer_home / ".vault-token").read_text() == token


def test_a_refused_token_with_nothing_to_log_in_with_is_still_an_error(consumer, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "hvs.no-such-token")
    assert consumer("roles").code == TokenRefused.exit_code


def test_a_token_that_may_not_look_at_itself_is_used(ids, admin, unique, monkeypatch, consumer_home):
    body = {"policies": [f"nothing-{unique}"], "no_default_policy": True}
    token = admin.write("auth/token/create", body).auth["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    with session.connect(HERE) as connection:
        assert connection.token == token


def test_a_login_that_vault_refuses_is_told_and_nothing_is_kept(consumer, ids, monkeypatch, files):
    monkeypatch.setenv("VAULT_SECRET_ID", "canary-4f1c")
    run = consumer("roles")
    assert run.code == LoginFailed.exit_code
    assert "AppRole login at auth/" in run.err
    assert "canary" not in run.err
    assert files() == []


def test_where_vault_is_down_no_login_is_blamed(ids, monkeypatch, consumer):
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    assert consumer("roles").code == VaultUnreachable.exit_code


# ── kept for the processes after it ─────────────────────────────────────────────────────────────


def test_the_next_command_uses_the_kept_token(consumer, ids):
    assert LOGGED_IN in consumer("roles").err
    again = consumer("roles")
    assert again.code == 0, again.err
    assert LOGGED_IN not in again.err


def test_an_approles_kept_token_serves_whichever_team_is_named(consumer, ids, team):
    assert " as " not in consumer("roles").err
    run = consumer("roles", "--team", f"{team.entry.spec}/pay")  # its secret_id works once
    assert run.code == 0, run.err
    assert LOGGED_IN not in run.err


def test_the_kept_token_is_its_owners_alone(consumer, ids, files):
    consumer("roles")
    (file,) = files()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert ids not in file.read_text() + file.name


def test_a_token_is_found_again_only_with_the_same_proof_and_mount(ids, team, monkeypatch, consumer):
    """Two jobs on one runner: the second may not have what the first could log in for."""
    consumer("roles")
    kept = json.loads(next(iter(Path(os.environ["HOME"]).rglob("*.json"))).read_text())["token"]
    for name in ("VAULT_SECRET_ID", "VAULT_AUTH_PATH"):
        with monkeypatch.context() as other:
            other.setenv(name, "another")
            try:
                with session.connect(HERE) as connection:
                    assert connection.token != kept
            except LoginFailed:
                pass


def test_a_token_of_another_role_is_not_taken(consumer, jwt, job_token, monkeypatch):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    assert consumer("roles").code == 0
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/another")
    assert consumer("roles").code == LoginFailed.exit_code


def test_a_kept_token_that_was_revoked_is_replaced(consumer, jwt, job_token, monkeypatch, files, admin):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    consumer("roles")
    with admin.as_token(json.loads(files()[0].read_text())["token"]) as kept:
        kept.write("auth/token/revoke-self")
    run = consumer("roles")
    assert run.code == 0, run.err
    assert LOGGED_IN in run.err


def test_a_token_that_nears_its_end_is_renewed(consumer, ids, files, admin):
    """The secret_id works once, so that a second login would fail."""
    consumer("roles")
    (file,) = files()
    change(file, expires=soon(1000))  # of an hour: less than a third
    run = consumer("roles")
    assert run.code == 0, run.err
    assert LOGGED_IN not in run.err
    kept = json.loads(file.read_text())
    assert kept["expires"] > soon(3500)
    with admin.as_token(kept["token"]) as token:
        assert token.read("auth/token/lookup-self")["last_renewal_time"]


def test_a_token_that_can_be_renewed_no_further_is_replaced_ahead_of_its_end(
    consumer, jwt, job_token, monkeypatch, files
):
    jwt.tune(token_explicit_max_ttl="1h", token_ttl="1h")
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    consumer("roles")
    (file,) = files()
    first = json.loads(file.read_text())["token"]
    change(file, expires=soon(1000), ttl=7200 * 2)  # a renewal gives an hour, which is less than a third of that
    assert LOGGED_IN in consumer("roles").err
    assert json.loads(file.read_text())["token"] != first


def test_where_no_new_login_can_be_had_the_kept_token_serves_to_its_end(consumer, ids, files):
    consumer("roles")
    (file,) = files()
    change(file, expires=soon(1000), renewable=False)
    run = consumer("roles")
    assert run.code == 0, run.err
    assert "The token of an earlier login is used" in run.err


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"token": "x"}', '{"token":"x","expires":"soon","ttl":1,"renewable":true}']
)
def test_a_damaged_file_is_as_if_it_were_not_there(consumer, jwt, job_token, monkeypatch, files, damage):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    consumer("roles")
    files()[0].write_text(damage)
    run = consumer("roles")
    assert run.code == 0, run.err
    assert LOGGED_IN in run.err


def test_a_file_that_others_can_read_is_not_trusted(consumer, jwt, job_token, monkeypatch, files):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    consumer("roles")
    files()[0].chmod(0o644)
    assert LOGGED_IN in consumer("roles").err
    assert stat.S_IMODE(files()[0].stat().st_mode) == 0o600


def test_a_link_in_place_of_a_file_is_replaced_and_not_followed(consumer, jwt, job_token, monkeypatch, files, tmp_path):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    consumer("roles")
    (file,) = files()
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    before = elsewhere.read_text()
    assert LOGGED_IN in consumer("roles").err
    assert not file.is_symlink()
    assert elsewhere.read_text() == before


def test_tokens_that_have_ended_are_forgotten(consumer, jwt, job_token, monkeypatch, files):
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token(jti="1"))
    consumer("roles")
    change(files()[0], expires=soon(-1))
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token(jti="2"))
    consumer("roles")
    assert len(files()) == 1


def test_a_token_that_works_a_few_times_is_not_kept(consumer, jwt, job_token, monkeypatch, files):
    jwt.tune(token_num_uses=50)
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    assert consumer("roles").code == 0
    assert files() == []


def test_where_nothing_can_be_kept_the_command_works_and_says_so(consumer, ids, consumer_home):
    (consumer_home / ".cache").write_text("a file where a folder should be")
    run = consumer("roles")
    assert run.code == 0, run.err
    assert "can't be kept" in run.err


# ── one login for all ───────────────────────────────────────────────────────────────────────────


def test_twenty_processes_make_one_login(ids, catalog_mount, consumer_home):
    """The secret_id works once: a second login would fail."""
    argv = [*CONSUMER, "roles", "--catalog-mount", catalog_mount]

    def run(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)

    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(run, range(20)))
    assert {one.returncode for one in done} == {0}, "".join(one.stderr for one in done)
    assert sum(LOGGED_IN in one.stderr for one in done) == 1


def test_twenty_threads_make_one_login(ids, consumer_home):
    def token(_: int) -> str:
        with session.connect(HERE) as connection:
            return connection.token

    with ThreadPoolExecutor(20) as pool:
        assert len(set(pool.map(token, range(20)))) == 1


# ── what is never shown ─────────────────────────────────────────────────────────────────────────


def test_no_secret_is_in_output_or_logs(consumer, jwt, github, monkeypatch, caplog, files):
    caplog.set_level(logging.DEBUG)
    jwt.tune(bound_audiences=["https://github.com/acme"])
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    run = consumer("roles")
    token = json.loads(files()[0].read_text())["token"]
    for secret in (token, "canary", "eyJ"):
        assert secret not in run.out + run.err + caplog.text


@pytest.mark.parametrize("stream", ["pipe", "file"])
def test_github_is_told_to_mask_a_token_only_where_its_runner_reads(ids, team, consumer_home, tmp_path, stream):
    env = {**os.environ, "GITHUB_ACTIONS": "true"}
    argv = [*CONSUMER, "login", "--print-token"]
    log = tmp_path / "log"
    with log.open("w") as file:
        target = subprocess.PIPE if stream == "pipe" else file
        done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, stderr=target, text=True, timeout=60, check=True)
    token = done.stdout.strip()
    assert token.count("\n") == 0
    if stream == "pipe":
        assert f"::add-mask::{token}" in done.stderr.splitlines()
    else:
        assert token not in log.read_text()


def test_outside_github_nothing_is_masked(consumer, ids, team):
    assert "add-mask" not in consumer("login").err


def test_settings_and_proofs_show_no_secret_when_printed(ids, stack):
    (proof, *_) = proofs.find(os.environ)
    assert ids not in repr(proof) + repr(proof.login) + repr(VaultSettings(address=stack.vault_addr))
