"""Vault out of reach: every verb says so in its own words, with the exit code of that fault, and shows no secret."""

from __future__ import annotations

import logging

import pytest

from vault_aws_kit.errors import (
    EXEC_FAILED,
    SettingsInvalid,
    TlsNotTrusted,
    TokenMissing,
    TokenRefused,
    VaultSealed,
    VaultUnreachable,
)

VERBS = {
    "roles": ("roles",),
    "creds": ("creds", "--role", "app"),
    "render": ("render", "--role", "app", "--mode", "ephemeral"),
    "exec": ("exec", "--role", "app", "--", "echo", "ran"),
    "exec --refresh": ("exec", "--refresh", "--role", "app", "--", "echo", "ran"),
    "serve": ("serve", "--role", "app"),
}
CANARY = "hvs.canary-8d2f"


@pytest.fixture(params=VERBS)
def verb(request, consumer, monkeypatch):
    """Runs a verb with a token that nothing may show; gives how it ended and the code to expect for an error."""
    monkeypatch.setenv("VAULT_TOKEN", CANARY)

    def run(**variables: str):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return consumer(*VERBS[request.param])

    run.code = lambda error: EXEC_FAILED if VERBS[request.param][0] == "exec" else error.exit_code
    return run


def test_an_unreachable_vault(verb, caplog):
    caplog.set_level(logging.DEBUG)
    run = verb(VAULT_ADDR="http://127.0.0.1:9")
    assert run.code == verb.code(VaultUnreachable)
    assert "http://127.0.0.1:9 doesn't answer: connection refused" in run.err
    assert CANARY not in run.out + run.err + caplog.text


def test_a_certificate_that_is_not_trusted(verb, door):
    run = verb(VAULT_ADDR=door.address)
    assert run.code == verb.code(TlsNotTrusted)
    assert "VAULT_CACERT" in run.err


def test_a_ca_that_is_not_there(verb):
    run = verb(VAULT_CACERT="/no/such/ca.pem")
    assert run.code == verb.code(SettingsInvalid)
    assert "/no/such/ca.pem" in run.err


def test_an_address_that_is_none(verb):
    assert verb(VAULT_ADDR="vault:8200").code == verb.code(SettingsInvalid)


def test_a_refused_token(verb):
    run = verb()
    assert run.code == verb.code(TokenRefused)
    assert "expired, revoked or mistyped" in run.err
    assert CANARY not in run.err


def test_no_token(verb):
    run = verb(VAULT_TOKEN="")
    assert run.code == verb.code(TokenMissing)


def test_a_sealed_vault(consumer, sealed, monkeypatch):
    monkeypatch.setenv("VAULT_ADDR", sealed.vault_addr)
    monkeypatch.setenv("VAULT_TOKEN", sealed.vault_token)
    monkeypatch.setenv("VAULT_ROLE_ID", "role")
    monkeypatch.setenv("VAULT_SECRET_ID", "secret")
    for argv in (*VERBS.values(), ("login",)):
        run = consumer(*argv)
        assert run.code == (EXEC_FAILED if argv[0] == "exec" else VaultSealed.exit_code)
        assert "vault operator unseal" in run.err


@pytest.mark.parametrize("method", ["approle", "token"])
def test_a_login_at_an_unreachable_vault(consumer, monkeypatch, method):
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    for name in ("VAULT_ROLE_ID", "VAULT_SECRET_ID", "VAULT_TOKEN"):
        monkeypatch.setenv(name, CANARY)
    run = consumer("login", "--method", method)
    assert run.code == VaultUnreachable.exit_code
    assert CANARY not in run.err
