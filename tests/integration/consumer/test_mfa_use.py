"""What a session is used by: commands, SDKs at an endpoint, and profiles."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from consumer.mfa.asked import Asked, way
from vault_aws_kit import errors

from .conftest import CONSUMER

WHO = "import boto3; print(boto3.client('sts', 'us-east-1').get_caller_identity()['Arn'])"


@pytest.fixture
def logged_in(as_person, session, strict_aws) -> dict[str, str]:
    """A session is kept."""
    return session(strict_aws.code(as_person.serial))


# ── exec ────────────────────────────────────────────────────────────────────────────────────────


def test_a_command_has_the_kept_session_and_nothing_of_the_key(logged_in, mfa, as_person, strict_aws):
    strict_aws.asked.clear()
    run = mfa("exec", "--", "env")
    found = dict(line.split("=", 1) for line in run.out.splitlines() if "=" in line)
    assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SESSION_TOKEN"]) == (
        logged_in["access_key_id"], logged_in["session_token"],
    )  # fmt: skip
    assert as_person.secret not in run.out
    assert strict_aws.asked == []


def test_an_sdk_in_a_command_is_the_user_with_mfa(logged_in, mfa, as_person, strict_aws):
    run = mfa("exec", "--", sys.executable, "-c", WHO)
    assert (run.code, run.out.strip()) == (0, as_person.arn)


def test_a_command_gets_a_session_by_vaults_code_with_nobody_there(mfa, as_person, vaults_codes, strict_aws):
    run = mfa("exec", "--code-from", vaults_codes, "--", "sh", "-c", "cat; exit 7 # reads what is its own")
    assert run.code == 7, run.err
    assert strict_aws.sessions[-1].mfa


def test_a_command_without_a_code_is_not_run(mfa, as_person, strict_aws, tmp_path):
    run = mfa("exec", "--no-prompt", "--", "touch", str(tmp_path / "ran"))
    assert run.code == errors.EXEC_FAILED
    assert "consumer mfa login" in run.err
    assert not (tmp_path / "ran").exists()


def test_a_command_can_ask_an_endpoint_for_the_session(logged_in, mfa, as_person, strict_aws):
    run = mfa(
        "exec",
        "--refresh",
        "--",
        sys.executable,
        "-c",
        f"import os; assert 'AWS_ACCESS_KEY_ID' not in os.environ; {WHO}",
    )
    assert (run.code, run.out.strip()) == (0, as_person.arn), run.err


def test_what_outlives_its_session_gets_another_by_vaults_code(as_person, vaults_codes, strict_aws, later):
    supply = way(Asked(code_from=vaults_codes)).supply(None)
    first = supply()
    later(timedelta(hours=11))
    assert supply() == first
    later(timedelta(hours=11, minutes=45))
    strict_aws.forget_used(as_person.serial)
    assert supply().access_key_id == strict_aws.sessions[1].access_key_id


def test_what_outlives_its_session_with_nobody_there_is_told_the_command(logged_in, as_person, later):
    supply = way(Asked(no_prompt=True)).supply(None)
    assert supply().access_key_id == logged_in["access_key_id"]
    later(timedelta(hours=11, minutes=45))
    with pytest.raises(errors.CodeNeeded) as needed:
        supply()
    assert "`consumer mfa login --min-ttl 20m > /dev/null`" in needed.value.hint


def test_of_many_that_want_a_session_at_once_one_asks_for_it(as_person, vaults_codes, strict_aws):
    argv = [*CONSUMER, "mfa", "login", "--code-from", vaults_codes, "--format", "json"]
    running = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(4)]
    found = {json.loads(one.communicate(timeout=60)[0])["access_key_id"] for one in running}
    assert found == {strict_aws.sessions[0].access_key_id}
    assert strict_aws.asked.count("sts:GetSessionToken") == 1


# ── serve ───────────────────────────────────────────────────────────────────────────────────────


def test_sdks_get_the_session_from_an_endpoint(logged_in, as_person, strict_aws):
    with subprocess.Popen(
        [*CONSUMER, "mfa", "serve", "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        ready = json.loads(server.stdout.readline())
        asked = Request(ready["roles"]["mfa"], headers={"Authorization": Path(ready["token_file"]).read_text()})
        answer = json.load(urlopen(asked))
        server.send_signal(signal.SIGTERM)
    assert server.returncode == 0
    assert answer["AccessKeyId"] == logged_in["access_key_id"]


# ── profile ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def key_in_a_file(person, consumer_home, monkeypatch):
    """Her key is where most people's is."""
    folder = consumer_home / ".aws"
    folder.mkdir()
    text = f"[default]\naws_access_key_id = {person.access_key_id}\naws_secret_access_key = {person.secret}\n"
    (folder / "credentials").write_text(text)
    return person


def as_sdk(**more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WHO], env=dict(os.environ) | {"AWS_PROFILE": "mfa"} | more,
        capture_output=True, text=True, check=False, input="stdin is somebody else's\n",
    )  # fmt: skip


def test_an_sdk_gets_the_session_by_a_profile(key_in_a_file, mfa, session, strict_aws):
    assert mfa("profile").code == 0
    refused = as_sdk()
    assert "consumer mfa login --profile default" in refused.stderr
    found = session(strict_aws.code(key_in_a_file.serial))
    assert as_sdk().stdout.strip() == key_in_a_file.arn
    assert found["access_key_id"] == strict_aws.sessions[-1].access_key_id


def test_a_profile_gets_sessions_by_itself_where_vault_has_codes(key_in_a_file, mfa, vaults_codes, strict_aws):
    assert mfa("profile", "--code-from", vaults_codes, "--duration", "1h").code == 0
    assert as_sdk().stdout.strip() == key_in_a_file.arn
    assert (strict_aws.sessions[-1].seconds, strict_aws.sessions[-1].mfa) == (3600, True)


def test_a_profile_holds_no_secret_and_goes_as_it_came(key_in_a_file, mfa, consumer_home):
    config = consumer_home / ".aws" / "config"
    assert mfa("profile", "mine", "--region", "eu-west-1").code == 0
    text = config.read_text()
    assert "mfa login --no-prompt --profile default --format credential-process" in text
    assert "region = eu-west-1" in text
    assert key_in_a_file.secret not in text
    assert mfa("profile", "mine", "--remove").code == 0
    assert config.read_text() == ""


def test_a_profile_needs_a_key_in_a_file(as_person, mfa):
    run = mfa("profile", "--print")
    assert run.code == errors.NoAwsCredentials.exit_code
