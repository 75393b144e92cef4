"""`consumer login`: who one becomes, where the token goes, and when it is an alarm."""

from __future__ import annotations

import io
import logging
import stat

import pytest

from vault_aws_kit.errors import LoginFailed, NotAllowed, WrappingTokenUsed
from vault_aws_kit.vault import Vault


@pytest.fixture
def typed(monkeypatch):
    """Puts a text on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.fixture
def login(consumer, team):
    """Runs `consumer login` at the team's AppRole."""
    return lambda *argv: consumer("login", "--mount", team.login.mount, *argv)


@pytest.fixture
def ids(team, monkeypatch):
    """The team's role_id and secret_id in the environment; gives the secret one."""
    secret = team.secret_id()
    monkeypatch.setenv("VAULT_ROLE_ID", team.role_id)
    monkeypatch.setenv("VAULT_SECRET_ID", secret)
    return secret


def who(admin: Vault, token: str) -> list[str]:
    with admin.as_token(token) as connection:
        return connection.read("auth/token/lookup-self")["policies"]


def test_an_approle_login_keeps_the_token_as_vaults_tools_do(login, ids, team, consumer_home, admin):
    run = login()
    kept = consumer_home / ".vault-token"
    assert run.code == 0
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert who(admin, kept.read_text()) == [team.login.role]


def test_login_says_who_one_is_and_for_how_long(login, ids, team):
    run = login()
    assert f"team {team.entry.spec}/pay" in run.err
    assert team.login.role in run.err
    assert "for 1h" in run.err
    assert run.out == ""


def test_login_then_every_command_works_without_a_token_in_the_environment(login, ids, consumer):
    login()
    assert "net" in consumer("roles").out


def test_print_token_prints_the_token_alone_and_keeps_none(login, ids, team, consumer_home, admin):
    run = login("--print-token")
    assert who(admin, run.out.strip()) == [team.login.role]
    assert run.out.strip() not in run.err
    assert not (consumer_home / ".vault-token").exists()


def test_login_hands_the_token_to_a_configured_token_helper(login, ids, consumer_home):
    helper = consumer_home / "helper"
    helper.write_text(f'#!/bin/sh\n[ "$1" = store ] && cat > {consumer_home}/by-helper\n')
    helper.chmod(0o755)
    (consumer_home / ".vault").write_text(f'token_helper = "{helper}"\n')
    run = login()
    assert run.code == 0
    assert (consumer_home / "by-helper").read_text()
    assert not (consumer_home / ".vault-token").exists()


def test_login_warns_of_a_vault_token_that_would_hide_the_new_one(login, ids, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "an-older-one")
    assert "unset it" in login().err


def test_a_wrapped_secret_id_logs_in(login, team, typed, consumer_home, admin):
    typed(team.secret_id(wrap_ttl="5m") + "\n")
    run = login("--wrapped", "--role-id", team.role_id)
    assert run.code == 0, run.err
    assert who(admin, (consumer_home / ".vault-token").read_text()) == [team.login.role]


def test_a_wrapping_token_that_somebody_used_is_a_security_alarm(login, team, typed, admin):
    wrapping = team.secret_id(wrap_ttl="5m")
    with admin.as_token(wrapping) as thief:
        thief.write("sys/wrapping/unwrap")
    typed(wrapping)
    run = login("--wrapped", "--role-id", team.role_id)
    assert run.code == WrappingTokenUsed.exit_code
    assert "SECURITY ALARM" in run.err
    assert "--revoke-others" in run.err


@pytest.mark.parametrize("given", ["hvs.short", "two words and a lot more of them", "$WRAPPING_TOKEN"])
def test_what_can_be_no_wrapping_token_is_a_slip_and_no_alarm(login, team, typed, given):
    typed(given)
    run = login("--wrapped", "--role-id", team.role_id)
    assert run.code == LoginFailed.exit_code
    assert "ALARM" not in run.err


def test_something_else_wrapped_anew_is_a_security_alarm_and_is_not_used(login, team, typed, admin):
    forged = admin.write("sys/wrapping/wrap", {"secret_id": "stolen-and-replaced"}, wrap_ttl="5m").wrap_info["token"]
    typed(forged)
    run = login("--wrapped", "--role-id", team.role_id)
    assert run.code == WrappingTokenUsed.exit_code
    assert "sys/wrapping/wrap" in run.err
    with admin.as_token(forged) as connection:
        assert connection.write("sys/wrapping/unwrap").data == {"secret_id": "stolen-and-replaced"}


def test_an_alarm_over_another_mount_names_the_option_that_may_be_missing(login, team, typed, admin, unique):
    mount = f"ours-{unique}"
    admin.write(f"sys/auth/{mount}", {"type": "approle"})
    admin.write(f"auth/{mount}/role/x", {"policies": ["default"]})
    wrapped = admin.write(f"auth/{mount}/role/x/secret-id", wrap_ttl="5m").wrap_info["token"]
    typed(wrapped)
    run = login("--wrapped", "--role-id", team.role_id)
    admin.delete(f"sys/auth/{mount}")
    assert run.code == WrappingTokenUsed.exit_code
    assert f"Only where the handover itself says `--mount {mount}`" in run.err


def test_a_secret_id_wrapped_for_another_team_is_an_alarm_where_the_team_is_named(login, team, make_team, typed):
    other = make_team("web")
    typed(other.secret_id(wrap_ttl="5m"))
    run = login("--wrapped", "--role-id", team.role_id, "--team", f"{team.entry.spec}/pay")
    assert run.code == WrappingTokenUsed.exit_code


def test_a_wrong_secret_id_is_refused_and_keeps_nothing(login, ids, monkeypatch, consumer_home):
    monkeypatch.setenv("VAULT_SECRET_ID", "wrong")
    run = login()
    assert run.code == LoginFailed.exit_code
    assert "producer handover" in run.err
    assert not (consumer_home / ".vault-token").exists()


def test_a_mount_without_approle_is_named(consumer, ids):
    run = consumer("login", "--mount", "nowhere")
    assert run.code == LoginFailed.exit_code
    assert "auth/nowhere" in run.err


@pytest.mark.parametrize("missing", ["VAULT_ROLE_ID", "VAULT_SECRET_ID"])
def test_login_says_which_id_is_missing(login, ids, monkeypatch, missing):
    monkeypatch.delenv(missing)
    run = login()
    assert run.code == LoginFailed.exit_code
    assert missing in run.err


def test_a_token_from_standard_input_is_checked_and_kept(consumer, team, typed, consumer_home):
    token = team.token()
    typed(f"{token}\n")
    assert consumer("login", "--method", "token").code == 0
    assert (consumer_home / ".vault-token").read_text() == token


def test_a_token_that_vault_refuses_is_not_kept(consumer, typed, consumer_home):
    typed("hvs.no-such-token\n")
    assert consumer("login", "--method", "token").code == LoginFailed.exit_code
    assert not (consumer_home / ".vault-token").exists()


def test_a_token_that_may_not_look_at_itself_is_not_called_refused(consumer, typed, admin, unique):
    body = {"policies": [f"nothing-{unique}"], "no_default_policy": True}
    typed(admin.write("auth/token/create", body).auth["client_token"])
    assert consumer("login", "--method", "token").code == NotAllowed.exit_code


def test_login_never_shows_a_secret(login, ids, team, consumer_home, caplog):
    caplog.set_level(logging.DEBUG)
    run = login()
    token = (consumer_home / ".vault-token").read_text()
    for secret in (ids, token):
        assert secret not in run.out + run.err + caplog.text


def test_a_refused_login_never_shows_the_secret_id(login, team, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("VAULT_ROLE_ID", team.role_id)
    monkeypatch.setenv("VAULT_SECRET_ID", "canary-4f1c")
    run = login()
    assert run.code == LoginFailed.exit_code
    assert "canary-4f1c" not in run.out + run.err + caplog.text
