"""Sessions by a key and an MFA code, pushed: for teams that can't leave their keys yet."""

from __future__ import annotations

import pytest

from consumer.tfe import label
from tests.tfe_server.state import ALL, Account
from vault_aws_kit.errors import CodeNeeded, TfeRefused, TokenMissing


@pytest.fixture
def push(consumer, as_ann):
    """Runs `consumer tfe push acme web --mfa`."""
    return lambda *argv: consumer("tfe", "push", "acme", "web", "--mfa", *argv, catalog=False)


def test_a_session_by_a_code_of_vaults_totp_engine_is_pushed_with_no_human(
    push, web, as_person, vaults_codes, strict_aws
):
    run = push("--code-from", vaults_codes, "--region", "eu-west-1", "--ttl", "1h")
    assert run.code == 0, run.err
    pushed = web.vars.environment()
    assert pushed["AWS_ACCESS_KEY_ID"] == strict_aws.sessions[-1].access_key_id
    assert set(pushed) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"}
    assert (strict_aws.sessions[-1].owner, strict_aws.sessions[-1].seconds) == (as_person.arn, 3600)
    assert as_person.access_key_id not in pushed.values()
    assert as_person.secret not in run.out + run.err
    assert label.read(web.vars.items[0].description).origin == "an MFA session"


def test_clearing_it_says_that_nobody_can_revoke_it_and_asks_no_vault(
    push, consumer, web, as_person, vaults_codes, monkeypatch
):
    assert push("--code-from", vaults_codes).code == 0
    monkeypatch.delenv("VAULT_TOKEN")
    run = consumer("tfe", "clear", "acme", "web", catalog=False)
    assert run.code == 0, run.err
    assert "Nobody can revoke an STS session" in run.err
    assert web.vars.items == []


def test_no_code_is_used_up_for_a_workspace_that_may_not_be_written(
    push, web, as_person, vaults_codes, tfe_server, monkeypatch, strict_aws
):
    monkeypatch.setenv("TFE_TOKEN", tfe_server.state.token(Account("ro", may=ALL - {"write-variables"}), "acme"))
    assert push("--code-from", vaults_codes).code == TfeRefused.exit_code
    assert strict_aws.sessions == []


def test_where_nobody_can_be_asked_that_is_said(push, web, as_person):
    run = push("--no-prompt")
    assert run.code == CodeNeeded.exit_code
    assert "--code-from vault:totp/code/NAME" in run.err


def test_codes_in_vault_need_a_token_of_vaults(push, web, as_person, place):
    assert push("--code-from", place).code == TokenMissing.exit_code


@pytest.mark.parametrize("argv", [("--role", "app"), ("--ttl", "10m"), ("--ttl", "40h")])
def test_what_does_not_go_together_is_refused(push, web, as_person, argv):
    assert push(*argv).code == 64
