"""`consumer login` by each of Vault's methods, against the real server."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys

import pytest

from consumer.logins import proofs
from vault_aws_kit.errors import USAGE, LoginFailed, SettingsInvalid, TokenMissing, VaultRefused

CONSUMER = [sys.executable, "-c", "import sys; from consumer.cli import main; sys.exit(main())"]


@pytest.fixture
def typed(monkeypatch):
    """Puts a text on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.fixture
def kept(consumer_home, admin):
    """The policies of the token that was kept."""

    def policies() -> list[str]:
        with admin.as_token((consumer_home / ".vault-token").read_text()) as connection:
            return connection.read("auth/token/lookup-self")["policies"]

    return policies


# ── jwt ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_job_logs_in_with_gitlabs_id_token(consumer, jwt, job_token, kept, monkeypatch):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    run = consumer("login", "--mount", jwt.mount, "--role", jwt.role)
    assert run.code == 0, run.err
    assert "Method jwt: VAULT_ID_TOKEN is here." in run.err
    assert kept() == [jwt.role]


def test_one_variable_says_method_mount_and_role(consumer, jwt, job_token, kept, monkeypatch):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"jwt:{jwt.mount}/{jwt.role}")
    assert consumer("login").code == 0
    assert kept() == [jwt.role]


def test_gitlabs_own_variables_say_mount_and_role(consumer, jwt, job_token, kept, monkeypatch):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AUTH_PATH", jwt.mount)
    monkeypatch.setenv("VAULT_AUTH_ROLE", jwt.role)
    assert consumer("login").code == 0
    assert kept() == [jwt.role]


def test_hcp_terraforms_variables_say_mount_and_role(consumer, jwt, job_token, kept, monkeypatch):
    monkeypatch.setenv("TFC_WORKLOAD_IDENTITY_TOKEN", job_token())
    monkeypatch.setenv("TFC_VAULT_AUTH_PATH", jwt.mount)
    monkeypatch.setenv("TFC_VAULT_RUN_ROLE", jwt.role)
    assert consumer("login").code == 0
    assert kept() == [jwt.role]


def test_a_team_names_its_role(consumer, jwt, team, job_token, kept, monkeypatch):
    monkeypatch.setenv("TERRAFORM_VAULT_AUTH_JWT", job_token())
    monkeypatch.setenv("VAULT_AUTH_ROLE", "another")
    assert consumer("login", "--mount", jwt.mount, "--team", f"{team.entry.spec}/pay").code == 0
    assert kept() == [jwt.role]


def test_a_signed_token_comes_from_a_file_or_standard_input(consumer, jwt, job_token, kept, typed, tmp_path):
    (tmp_path / "token").write_text(f"{job_token()}\n")
    where = ("--method", "jwt", "--mount", jwt.mount, "--role", jwt.role)
    assert consumer("login", *where, "--token-file", str(tmp_path / "token")).code == 0
    assert kept() == [jwt.role]
    typed(job_token())
    assert consumer("login", *where).code == 0


def test_github_is_asked_for_a_token_for_the_audience(consumer, jwt, github, kept):
    run = consumer("login", "--mount", jwt.mount, "--role", jwt.role, "--audience", "vault")
    assert run.code == 0, run.err
    assert github.asked == [{"api-version": "2.0", "audience": "vault"}]
    assert kept() == [jwt.role]


def test_without_an_audience_githubs_own_is_taken_and_told_where_vault_refuses_it(consumer, jwt, github):
    run = consumer("login", "--mount", jwt.mount, "--role", jwt.role)
    assert run.code == LoginFailed.exit_code
    assert 'aud "https://github.com/acme"' in run.err
    assert github.asked == [{"api-version": "2.0"}]


def test_where_github_gives_no_token_the_permission_is_named(consumer, jwt, github, monkeypatch):
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "wrong-canary")
    run = consumer("login", "--mount", jwt.mount, "--role", jwt.role)
    assert run.code == LoginFailed.exit_code
    assert "HTTP 403" in run.err
    assert "id-token: write" in run.err
    assert "canary" not in run.err


def test_githubs_request_token_goes_to_no_unencrypted_place(consumer, jwt, github, monkeypatch):
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "http://github.invalid/token")
    run = consumer("login", "--mount", jwt.mount, "--role", jwt.role)
    assert run.code == LoginFailed.exit_code
    assert "no https address" in run.err


def test_vaults_words_on_claims_that_do_not_fit_are_told_with_what_the_token_says(
    consumer, jwt, job_token, monkeypatch
):
    token = job_token(repository="acme/other", sub="repo:acme/other")
    monkeypatch.setenv("VAULT_ID_TOKEN", token)
    run = consumer("login", "--mount", jwt.mount, "--role", jwt.role)
    assert run.code == LoginFailed.exit_code
    assert f"JWT login at auth/{jwt.mount} with role '{jwt.role}': error validating claims" in run.err
    assert 'sub "repo:acme/other"' in run.err
    assert token not in run.err


def test_a_token_that_somebody_else_signed_is_refused(consumer, jwt, stranger, monkeypatch, consumer_home):
    monkeypatch.setenv("VAULT_ID_TOKEN", stranger.token(repository="acme/pay"))
    run = consumer("login", "--mount", jwt.mount, "--role", jwt.role)
    assert run.code == LoginFailed.exit_code
    assert "signature" in run.err
    assert not (consumer_home / ".vault-token").exists()


def test_what_an_issuer_wrote_into_a_token_steers_no_log(consumer, jwt, job_token, monkeypatch):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token(repository="x", sub="a\n::add-path::/evil\x1b[31m"))
    run = consumer("login", "--mount", jwt.mount, "--role", jwt.role)
    assert run.code == LoginFailed.exit_code
    assert "\x1b" not in run.err
    assert not any(line.lstrip().startswith("::") for line in run.err.splitlines())


# ── kubernetes ──────────────────────────────────────────────────────────────────────────────────


def test_a_pod_logs_in_as_its_service_account(consumer, kubernetes, pod_token, site, kept, monkeypatch, tmp_path):
    token = pod_token()
    (tmp_path / "token").write_text(token)
    monkeypatch.setattr(proofs, "SERVICE_ACCOUNT", tmp_path / "token")
    run = consumer("login", "--mount", kubernetes.mount, "--role", kubernetes.role)
    assert run.code == 0, (run.err, site.reviewed)
    assert "Method kubernetes: the pod's service account is here." in run.err
    assert site.reviewed == [token]
    assert kept() == [kubernetes.role]


def test_another_service_account_is_refused_and_named(consumer, kubernetes, pod_token, tmp_path):
    (tmp_path / "token").write_text(pod_token("default"))
    where = ("--method", "kubernetes", "--mount", kubernetes.mount, "--role", kubernetes.role)
    run = consumer("login", *where, "--token-file", str(tmp_path / "token"))
    assert run.code == LoginFailed.exit_code
    assert "service account name not authorized" in run.err
    assert "system:serviceaccount:prod:default" in run.err


def test_kubernetes_needs_a_role_and_a_token(consumer, kubernetes, tmp_path, monkeypatch):
    monkeypatch.setattr(proofs, "SERVICE_ACCOUNT", tmp_path / "none")
    assert "--role" in consumer("login", "--method", "kubernetes").err
    run = consumer("login", "--method", "kubernetes", "--role", "x")
    assert run.code == LoginFailed.exit_code
    assert "--token-file" in run.err


def test_a_token_projected_for_vault_is_named_by_its_file(
    consumer, kubernetes, pod_token, kept, monkeypatch, consumer_home, tmp_path
):
    (tmp_path / "projected").write_text(pod_token())
    monkeypatch.setenv("VAULT_AUTH_JWT_FILE", str(tmp_path / "projected"))
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"kubernetes:{kubernetes.mount}/{kubernetes.role}")
    assert consumer("login").code == 0
    assert kept() == [kubernetes.role]
    (consumer_home / ".vault-token").unlink()
    assert "with VAULT_AUTH_JWT_FILE" in consumer("roles").err


# ── userpass, ldap ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def ann(mounted, token_fields, admin):
    """Ann, who is a user of Vault's own with the team's policy."""
    way = mounted("userpass")
    admin.write(f"auth/{way.mount}/users/ann", {"password": "password-canary", **token_fields})
    return way


def test_a_person_logs_in_with_a_password_from_standard_input(consumer, ann, typed, kept):
    typed("password-canary\n")
    run = consumer("login", "--method", "userpass", "--mount", ann.mount, "--username", "ann")
    assert run.code == 0, run.err
    assert kept() == [ann.role]
    assert "canary" not in run.out + run.err


def test_a_password_that_is_typed_on_a_terminal_is_not_shown(ann, consumer_home, kept):
    ours, theirs = os.openpty()
    argv = [*CONSUMER, "login", "--method", "userpass", "--mount", ann.mount, "--username", "ann"]
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as login:
        os.close(theirs)
        shown = os.read(ours, 1000)
        while b"Password of ann" not in shown:
            shown += os.read(ours, 1000)
        os.write(ours, b"password-canary\n")
        with contextlib.suppress(OSError):  # how a terminal tells that its other end is closed
            while more := os.read(ours, 1000):
                shown += more
        assert login.wait(timeout=60) == 0, shown
    os.close(ours)
    assert b"canary" not in shown
    assert kept() == [ann.role]


def test_a_name_and_a_password_come_from_the_vault_providers_variables(consumer, ann, kept, monkeypatch):
    monkeypatch.setenv("TERRAFORM_VAULT_USERNAME", "ann")
    monkeypatch.setenv("TERRAFORM_VAULT_PASSWORD", "password-canary")
    assert consumer("login", "--method", "userpass", "--mount", ann.mount).code == 0
    assert kept() == [ann.role]


def test_a_wrong_password_is_refused_and_not_shown(consumer, ann, typed):
    typed("wrong-canary\n")
    run = consumer("login", "--method", "userpass", "--mount", ann.mount, "--username", "ann")
    assert run.code == LoginFailed.exit_code
    assert "invalid username or password" in run.err
    assert "canary" not in run.err


@pytest.mark.parametrize("name", ["../../../sys/health", "a/b", "..", "ann\n"])
def test_what_is_no_users_name_reaches_no_other_path(consumer, ann, typed, name):
    typed("password-canary\n")
    run = consumer("login", "--method", "userpass", "--mount", ann.mount, "--username", name)
    assert run.code == LoginFailed.exit_code
    assert "no user's name" in run.err


def test_a_directory_that_vault_cant_reach_is_said(consumer, mounted, typed):
    try:
        way = mounted("ldap", url="ldap://127.0.0.1:1", userdn="dc=example", userattr="uid")
    except VaultRefused as error:
        if "plugin not found" not in error.said:
            raise
        pytest.skip("this server has no auth method ldap")
    typed("password-canary\n")
    run = consumer("login", "--method", "ldap", "--mount", way.mount, "--username", "ann")
    assert run.code == LoginFailed.exit_code
    assert f"LDAP login at auth/{way.mount}" in run.err
    assert "canary" not in run.err


# ── what is found ───────────────────────────────────────────────────────────────────────────────


def test_login_says_which_of_several_it_takes_and_how_to_choose(consumer, team, jwt, job_token, monkeypatch):
    monkeypatch.setenv("VAULT_ROLE_ID", team.role_id)
    monkeypatch.setenv("VAULT_SECRET_ID", team.secret_id())
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    monkeypatch.setenv("VAULT_AUTH_ROLE", jwt.role)
    chosen = consumer("login", "--method", "jwt", "--mount", jwt.mount)
    assert chosen.code == 0
    assert "Method jwt" in chosen.err
    found = consumer("login", "--mount", team.login.mount)
    assert found.code == 0
    assert "(there is also VAULT_ID_TOKEN: choose with --method)" in found.err


def test_an_option_says_the_method_it_is_for(consumer, ann, typed):
    typed("password-canary\n")
    run = consumer("login", "--username", "ann", "--mount", ann.mount)
    assert run.code == 0, run.err
    assert "Method userpass: as ann, with a password." in run.err


def test_an_option_of_another_method_is_not_ignored(consumer):
    run = consumer("login", "--method", "approle", "--username", "ann")
    assert run.code == USAGE
    assert "--username is for userpass and ldap, and not for approle" in run.err


def test_a_signed_token_without_a_role_asks_for_the_role(consumer, job_token, monkeypatch):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    run = consumer("login")
    assert run.code == LoginFailed.exit_code
    assert "VAULT_ID_TOKEN is here to log in with: name its role" in run.err


def test_with_nothing_to_log_in_with_login_lists_what_it_looked_for(consumer):
    run = consumer("login")
    assert run.code == LoginFailed.exit_code
    for name in ("VAULT_SECRET_ID", "VAULT_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "Kubernetes", "--method"):
        assert name in run.err


def test_a_command_without_a_token_lists_what_it_looked_for(consumer):
    run = consumer("roles")
    assert run.code == TokenMissing.exit_code
    for name in ("~/.vault-token", "VAULT_SECRET_ID", "VAULT_ID_TOKEN", "consumer login"):
        assert name in run.err


def test_a_token_of_ci_without_a_role_is_pointed_out(consumer, job_token, monkeypatch):
    monkeypatch.setenv("VAULT_ID_TOKEN", job_token())
    run = consumer("roles")
    assert run.code == TokenMissing.exit_code
    assert "VAULT_ID_TOKEN is here" in run.err
    assert "VAULT_AUTH_ROLE" in run.err


@pytest.mark.parametrize(
    ("name", "value"),
    [("VAULT_AUTH_METHOD", "magic"), ("VAULT_AWS_KIT_LOGIN", "a b"), ("VAULT_AUTH_JWT_FILE", "/no/such/file")],
)
def test_a_setting_that_cant_be_used_is_named(consumer, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    run = consumer("roles")
    assert run.code == SettingsInvalid.exit_code
    assert name in run.err
