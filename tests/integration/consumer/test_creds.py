"""`consumer creds`: credentials that AWS accepts, on a team's token, and every way to be refused."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from vault_aws_kit import clock
from vault_aws_kit.errors import (
    EXEC_FAILED,
    USAGE,
    AwsRefused,
    FormatImpossible,
    OutputNotWritable,
    ParameterNotForRole,
    RoleArnNeeded,
    RoleNotGranted,
    RoleUnknown,
)

from .conftest import CONSUMER, NET, OTHER_NET

STS = ["net", "fed"]


def seconds_left(moment: str) -> float:
    return (clock.datetime.fromisoformat(moment) - clock.now()).total_seconds()


def test_an_iam_users_key_is_one_that_iam_knows(creds, aws):
    found = creds("app")
    assert aws.owner_of(found["access_key_id"])
    assert found["session_token"] == ""
    assert (found["type"], found["role"], found["revocable"]) == ("iam_user", "app", True)
    assert 850 < seconds_left(found["expires"]) <= 900


def test_an_assumed_roles_session_is_accepted_as_that_role(creds, aws):
    found = creds("net")
    sts = aws.client("sts", found["access_key_id"], found["secret_access_key"], found["session_token"])
    assert ":assumed-role/net/" in sts.get_caller_identity()["Arn"]
    assert found["revocable"] is False
    assert 1700 < seconds_left(found["expires"]) <= 1800


@pytest.mark.parametrize("role", STS)
def test_every_sts_type_gives_a_session_token_and_an_end(creds, role):
    found = creds(role)
    assert found["session_token"]
    assert seconds_left(found["expires"]) > 800


def test_ttl_shortens_a_session(creds):
    assert 1100 < seconds_left(creds("net", "--ttl", "20m")["expires"]) <= 1200


def test_session_name_reaches_aws(creds, aws):
    found = creds("net", "--session-name", "build-42")
    sts = aws.client("sts", found["access_key_id"], found["secret_access_key"], found["session_token"])
    assert sts.get_caller_identity()["Arn"].endswith("/net/build-42")


def test_role_arn_chooses_the_account(creds, aws):
    found = creds("nets", "--role-arn", OTHER_NET)
    sts = aws.client("sts", found["access_key_id"], found["secret_access_key"], found["session_token"])
    assert sts.get_caller_identity()["Account"] == "444455556666"


def test_env_is_what_a_shell_evaluates(consumer, as_team):
    run = consumer("creds", "--role", "app", "--region", "eu-central-1")
    script = f'AWS_SESSION_TOKEN=stale; {run.out}\nenv; echo "token=[${{AWS_SESSION_TOKEN-unset}}]"'
    told = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True, check=True).stdout
    assert "AWS_ACCESS_KEY_ID=AKIA" in told
    assert "AWS_REGION=eu-central-1\n" in told
    assert "AWS_DEFAULT_REGION=eu-central-1\n" in told
    assert "token=[unset]" in told


def test_credential_process_is_what_the_aws_sdk_reads(consumer, as_team, tmp_path, monkeypatch, aws_environment):
    import botocore.session

    printed = tmp_path / "printed.json"
    printed.write_text(consumer("creds", "--role", "net", "--format", "credential-process").out)
    config = tmp_path / "config"
    config.write_text(f"[profile kit]\ncredential_process = cat {printed}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    found = botocore.session.Session(profile="kit").get_credentials()
    assert found.get_frozen_credentials().access_key == json.loads(printed.read_text())["AccessKeyId"]
    assert found.get_frozen_credentials().token


def test_a_key_ends_with_the_token_that_asked_for_it(consumer, team, consumer_home, monkeypatch):
    team.tune(token_ttl="5m")
    monkeypatch.setenv("VAULT_TOKEN", team.token())
    run = consumer("creds", "--role", "app", "--format", "json")
    assert seconds_left(json.loads(run.out)["expires"]) <= 300
    assert "end with your Vault token" in run.err


def test_a_session_outlives_the_token_that_asked_for_it(consumer, team, consumer_home, monkeypatch):
    team.tune(token_ttl="5m")
    monkeypatch.setenv("VAULT_TOKEN", team.token())
    run = consumer("creds", "--role", "net", "--format", "json")
    assert seconds_left(json.loads(run.out)["expires"]) > 1700
    assert run.err == ""


def test_out_puts_a_file_in_place_that_only_its_owner_can_read(consumer, as_team, tmp_path):
    (tmp_path / "theirs").write_text("x")
    place = tmp_path / "creds.env"
    place.symlink_to(tmp_path / "theirs")
    before = os.umask(0)
    run = consumer("creds", "--role", "net", "--out", str(place))
    os.umask(before)
    assert (run.code, run.out) == (0, "")
    assert "which only you can read" in run.err
    assert "AWS_SESSION_TOKEN=" in place.read_text()
    assert not place.is_symlink()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert (tmp_path / "theirs").read_text() == "x"
    place.chmod(0o644)
    consumer("creds", "--role", "net", "--out", str(place))
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["/dev/null", "no/such/folder/file", "."])
def test_out_replaces_nothing_but_files_and_asks_vault_for_nothing_before(consumer, as_team, sent, place):
    run = consumer("creds", "--role", "net", "--out", place)
    assert run.code == OutputNotWritable.exit_code
    assert run.out == ""
    assert not Path("/dev/null").is_file()
    assert not sent


# ── static roles ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def static(as_team, roles, admin, aws, engine, unique):
    """A static role, whose IAM user is there before."""
    aws.client("iam").create_user(UserName=unique)
    admin.write(f"{engine}/static-roles/deploy", {"username": unique, "rotation_period": "1h"})
    as_team.publish(*roles.values(), replace(roles["app"], name="deploy", type="static"))
    yield unique
    admin.delete(f"{engine}/static-roles/deploy")


def test_a_static_roles_key_is_its_users_and_ends_when_vault_rotates_it(creds, static, aws):
    found = creds("deploy")
    assert aws.owner_of(found["access_key_id"]) == static
    assert (found["type"], found["revocable"], found["lease_id"]) == ("static", False, "")
    assert 3500 < seconds_left(found["expires"]) <= 3600


def test_a_static_roles_key_is_asked_for_each_time(creds, static, engine, sent):
    assert creds("deploy") == creds("deploy")
    assert sent.count(f"{engine}/static-creds/deploy") == 2


@pytest.mark.parametrize("asked", [("--ttl", "30m"), ("--session-name", "me"), ("--role-arn", NET)])
def test_a_static_role_takes_no_parameters(consumer, static, asked):
    run = consumer("creds", "--role", "deploy", *asked)
    assert run.code in (ParameterNotForRole.exit_code, RoleArnNeeded.exit_code)
    assert "lease" not in run.err


def test_a_static_roles_key_is_given_to_a_command_and_stays_after_it(catalog_mount, static, aws):
    child = ["--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"]
    run = subprocess.run(
        [*CONSUMER, "exec", "--catalog-mount", catalog_mount, "--role", "deploy", *child],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    key = run.stdout.strip()
    assert aws.owner_of(key) == static
    assert f"Nothing to revoke: {key} is a static role's key" in run.stderr


def test_a_static_role_that_the_engine_has_no_longer_is_told_so(consumer, static, engine, admin):
    admin.delete(f"{engine}/static-roles/deploy")
    run = consumer("creds", "--role", "deploy")
    assert run.code == RoleUnknown.exit_code
    assert f"{engine}/static-roles/deploy" in run.err


# ── refused before Vault is asked ───────────────────────────────────────────────────────────────


def test_an_unknown_role_is_answered_with_near_names(consumer, as_team):
    run = consumer("creds", "--role", "ap")
    assert run.code == RoleUnknown.exit_code
    assert "Did you mean app?" in run.err
    assert run.out == ""


def test_an_unknown_role_with_no_near_name_is_answered_with_all(consumer, as_team):
    assert "There is: app, fed, net, nets." in consumer("creds", "--role", "xyzzy").err


def test_a_ttl_on_an_iam_user_is_refused(consumer, as_team):
    run = consumer("creds", "--role", "app", "--ttl", "30m")
    assert run.code == ParameterNotForRole.exit_code
    assert "engine's lease" in run.err


@pytest.mark.parametrize("verb", ["creds", "console", "serve", "profile", "exec"])
def test_under_strict_attribution_a_session_name_is_refused_by_its_reason(consumer, as_team, roles, sent, verb):
    replace(as_team, entry=replace(as_team.entry, strict=True)).publish(*roles.values())
    run = consumer(verb, "--role", "net", "--session-name", "me", *(("--", "true") if verb == "exec" else ()))
    assert run.code == (EXEC_FAILED if verb == "exec" else ParameterNotForRole.exit_code)
    assert "may not name its AWS sessions" in run.err
    assert not [path for path in sent if "/creds/" in path]


def test_a_session_under_fifteen_minutes_is_refused(consumer, as_team):
    assert consumer("creds", "--role", "net", "--ttl", "5m").code == ParameterNotForRole.exit_code


def test_a_session_over_the_roles_maximum_is_refused(consumer, as_team):
    run = consumer("creds", "--role", "net", "--ttl", "2h")
    assert run.code == ParameterNotForRole.exit_code
    assert "at most 1h" in run.err


def test_a_session_name_on_a_federation_token_is_refused(consumer, as_team):
    assert consumer("creds", "--role", "fed", "--session-name", "me").code == ParameterNotForRole.exit_code


def test_a_role_with_several_aws_roles_asks_which(consumer, as_team):
    run = consumer("creds", "--role", "nets")
    assert run.code == RoleArnNeeded.exit_code
    assert f"{NET} or {OTHER_NET}" in run.err


def test_an_aws_role_that_the_role_does_not_have_is_refused(consumer, as_team):
    assert consumer("creds", "--role", "net", "--role-arn", OTHER_NET).code == RoleArnNeeded.exit_code


def test_a_ttl_that_is_no_duration_is_a_wrong_command_line(consumer, as_team):
    assert consumer("creds", "--role", "net", "--ttl", "soon").code == USAGE


# ── refused by Vault or AWS ─────────────────────────────────────────────────────────────────────


def test_a_role_that_no_policy_grants_is_named_with_the_policies(consumer, as_team, roles):
    as_team.publish(*roles.values(), granted=(roles["net"],))
    run = consumer("creds", "--role", "app")
    assert run.code == RoleNotGranted.exit_code
    assert "'app'" in run.err
    assert as_team.login.role in run.err
    assert f"`read` on {roles['app'].mount}/creds/app" in run.err


def test_a_role_that_the_engine_has_no_longer_is_told_so(consumer, as_team, roles, admin):
    admin.delete(f"{roles['app'].mount}/roles/app")
    run = consumer("creds", "--role", "app")
    assert run.code == RoleUnknown.exit_code
    assert "producer setup" in run.err


def test_an_engine_that_is_gone_is_told_so(consumer, as_team, roles):
    as_team.publish(replace(roles["app"], mount="aws-gone"))
    assert consumer("creds", "--role", "app").code == RoleUnknown.exit_code


def test_what_aws_refuses_is_told_in_its_own_words(consumer, as_team, roles, admin):
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    admin.write(f"{roles['app'].mount}/roles/broken", {"credential_type": "iam_user", "policy_arns": [missing]})
    as_team.publish(replace(roles["app"], name="broken"))
    run = consumer("creds", "--role", "broken")
    assert run.code == AwsRefused.exit_code
    assert "NoSuchEntity" in run.err
    assert missing in run.err


def test_an_engine_without_a_key_is_told_as_such(consumer, as_team, roles, admin, unique):
    bare = f"bare-{unique}"
    admin.write(f"sys/mounts/{bare}", {"type": "aws"})
    admin.write(f"{bare}/roles/app", {"credential_type": "iam_user", "policy_arns": ["arn:aws:iam::aws:policy/X"]})
    as_team.publish(replace(roles["app"], mount=bare))
    run = consumer("creds", "--role", "app")
    assert run.code == AwsRefused.exit_code
    assert "has no AWS key" in run.err


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ["app", "net"])
def test_secrets_are_printed_on_standard_output_alone(creds, consumer, role, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    found = creds(role)
    for secret in filter(None, (found["secret_access_key"], found["session_token"])):
        assert secret not in caplog.text + capfd.readouterr().err


def test_asking_for_less_than_the_lease_does_not_shift_the_clock(creds):
    before = clock.now()
    expires = clock.datetime.fromisoformat(creds("app")["expires"])
    assert expires <= before + timedelta(seconds=901)


def test_a_format_that_can_not_be_used_here_costs_no_lease(consumer, as_team, admin, engine):
    done = consumer("creds", "--role", "app", "--format", "github-actions")
    assert done.code == FormatImpossible.exit_code
    assert admin.names(f"sys/leases/lookup/{engine}/creds/app") == []
