"""Roles of Vault's that want the code of an MFA device: that of the IAM user whose key Vault has."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from vault_aws_kit import errors
from vault_aws_kit.contract import RoleEntry, team_policy

from .conftest import CONSUMER
from .ptys import on_a_terminal


@pytest.fixture
def guarded(engine, admin, person, strict_aws, as_team) -> RoleEntry:
    """A role of the type session_token whose engine has a person's key, granted to the team."""
    keys = {"access_key": person.access_key_id, "secret_key": person.secret, "region": "eu-west-1"}
    ways = {"sts_endpoint": strict_aws.for_vault, "iam_endpoint": strict_aws.for_vault}
    admin.write(f"{engine}/config/root", {**keys, **ways})
    role = {"credential_type": "session_token", "mfa_serial_number": person.serial}
    admin.write(f"{engine}/roles/guarded", role)
    entry = RoleEntry("guarded", "main", engine, "session_token", "eu-west-1", 0, 0, (), person.serial)
    as_team.publish(entry)
    return entry


@pytest.fixture
def codes(place, admin, as_team, unique, monkeypatch) -> str:
    """Where the team may read codes."""
    policies = [team_policy(as_team.entry.spec, as_team.entry.team), f"codes-{unique}"]
    made = admin.write("auth/token/create", {"policies": policies, "no_parent": True})
    monkeypatch.setenv("VAULT_TOKEN", made.auth["client_token"])
    return place


def test_codes_of_vaults_open_a_session_with_nobody_there(guarded, creds, codes, strict_aws):
    found = creds("guarded", "--code-from", codes)
    assert found["access_key_id"] == strict_aws.sessions[-1].access_key_id
    assert strict_aws.sessions[-1].mfa
    assert creds("guarded", "--no-prompt") == found


def test_a_person_is_asked_for_the_code(guarded, person, catalog_mount, strict_aws):
    argv = [*CONSUMER, "creds", "--catalog-mount", catalog_mount, "--role", "guarded", "--format", "json"]
    with on_a_terminal(argv, dict(os.environ)) as somebody:
        somebody.wait_for(f"MFA code of {person.serial}: ")
        somebody.type(f"{(int(strict_aws.code(person.serial)) + 1) % 1000000:06}\n")
        assert "AWS refuses the code" in somebody.wait_for("MFA code of ")
        somebody.type(f"{strict_aws.code(person.serial)}\n")
        code, out = somebody.end()
    assert (code, json.loads(out)["access_key_id"]) == (0, strict_aws.sessions[-1].access_key_id)


def test_where_nobody_can_be_asked_nothing_is_asked_of_aws(guarded, consumer, strict_aws):
    run = consumer("creds", "--role", "guarded", "--no-prompt")
    assert run.code == errors.CodeNeeded.exit_code
    assert "--code-from" in run.err
    assert strict_aws.asked == []


def test_a_command_gets_the_session(guarded, consumer, codes, strict_aws):
    run = consumer("exec", "--role", "guarded", "--code-from", codes, "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID")
    assert run.code == 0, run.err
    assert run.out.strip() == strict_aws.sessions[-1].access_key_id


def test_a_device_that_is_not_vaults_users_is_told(guarded, consumer, admin, person, strict_aws, as_team, codes):
    other = f"{person.serial}-other"
    admin.write(f"{guarded.mount}/roles/guarded", {"credential_type": "session_token", "mfa_serial_number": other})
    as_team.publish(replace(guarded, mfa_serial_number=other))
    run = consumer("creds", "--role", "guarded", "--code-from", codes)
    assert run.code == errors.AwsRefused.exit_code
    assert f"{other} must be a device of the IAM user whose key Vault has" in run.err


def test_a_role_that_wants_no_code_says_so(creds, consumer):
    run = consumer("creds", "--role", "net", "--code-from", "vault:totp/code/x")
    assert run.code == errors.ParameterNotForRole.exit_code
    assert "wants no MFA code" in run.err


def test_a_profile_of_such_a_role_asks_nobody(guarded, consumer, codes):
    run = consumer("profile", "--role", "guarded", "--code-from", codes, "--print")
    assert "creds --no-prompt --role guarded" in run.out
    assert f"--code-from {codes}" in run.out


def test_check_does_not_try_what_wants_a_code(guarded, consumer, strict_aws):
    run = consumer("check", "--role", "guarded")
    assert f"It needs a code of {guarded.mfa_serial_number}" in run.out + run.err
    assert strict_aws.asked == []


def test_terraforms_vault_provider_has_no_code_for_it(guarded, consumer):
    run = consumer("render", "--role", "guarded", "--mode", "ephemeral")
    assert run.code == errors.ModeImpossible.exit_code
    assert "--mode process" in run.err
    assert "--role guarded --no-prompt" in consumer("render", "--role", "guarded", "--mode", "process").out


def test_an_engine_that_would_drop_the_code_is_not_asked(guarded, consumer, as_team, catalog_mount, codes):
    """Another engine stands for an AWS engine that is too old: what matters is what it says of the path."""
    as_team.publish(replace(guarded, mount=catalog_mount))
    run = consumer("creds", "--role", "guarded", "--code-from", codes)
    assert run.code == errors.UnsupportedField.exit_code
    assert f"The AWS engine at {catalog_mount} takes no MFA codes" in run.err


def test_ctrl_c_at_the_prompt_starts_no_command(guarded, catalog_mount, person, strict_aws, tmp_path):
    argv = [
        *CONSUMER,
        "exec",
        "--catalog-mount",
        catalog_mount,
        "--role",
        "guarded",
        "--",
        "touch",
        str(tmp_path / "ran"),
    ]
    with on_a_terminal(argv, dict(os.environ)) as somebody:
        somebody.wait_for(f"MFA code of {person.serial}: ")
        somebody.type("\x03")
        assert somebody.end() == (errors.INTERRUPTED, "")
    assert not (tmp_path / "ran").exists()
    assert strict_aws.asked == []
