"""`consumer profile`: the SDKs get credentials through the profile, and the user's file stays the user's."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from consumer.aws_config import change
from vault_aws_kit.errors import (
    USAGE,
    OutputNotWritable,
    ParameterNotForRole,
    ProfileImpossible,
    ProfileTaken,
    RoleUnknown,
)

PROGRAM = Path(sys.executable).with_name("consumer")


@pytest.fixture
def profile(consumer, as_team):
    return lambda *argv: consumer("profile", *argv)


@pytest.fixture
def config(consumer_home) -> Path:
    return consumer_home / ".aws" / "config"


def as_sdk(name: str, aws_environment: dict[str, str], **more: str) -> dict[str, str]:
    """What boto3 gets by a profile, in a process of its own: who AWS says that is, and the region."""
    program = (
        "import boto3, json; s = boto3.Session(profile_name=%r);"
        "print(json.dumps({'arn': s.client('sts').get_caller_identity()['Arn'], 'region': s.region_name}))"
    )
    env = {name: value for name, value in aws_environment.items() if not name.endswith("REGION")}
    env |= {name: os.environ[name] for name in ("HOME", "VAULT_ADDR", "VAULT_TOKEN")}
    done = subprocess.run(
        [sys.executable, "-c", program % name], env=env | more, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_boto3_gets_real_credentials_through_the_profile(profile, aws_environment):
    assert profile("--role", "net").code == 0
    found = as_sdk("net", aws_environment)
    assert ":assumed-role/net/" in found["arn"]
    assert found["region"] == "eu-west-1"


def test_options_are_passed_on(profile, aws_environment, config):
    run = profile("mine", "--role", "net", "--session-name", "build-42", "--ttl", "20m", "--region", "eu-central-1")
    assert run.code == 0, run.err
    found = as_sdk("mine", aws_environment)
    assert found["arn"].endswith("/net/build-42")
    assert found["region"] == "eu-central-1"
    assert "--ttl 20m" in config.read_text()


def test_a_profile_that_waits_for_iam_does_so_in_its_region(profile, config):
    profile("--role", "app", "--wait-for-iam", "1m", "--region", "eu-central-1")
    assert "--role app --wait-for-iam 1m --region eu-central-1 " in config.read_text()


def test_vaults_address_and_the_catalog_go_along_where_they_were_given(
    profile, aws_environment, stack, config, as_team
):
    profile("--role", "net", "--address", stack.vault_addr, "--team", f"{as_team.entry.spec}/pay")
    assert ":assumed-role/net/" in as_sdk("net", aws_environment, VAULT_ADDR="http://127.0.0.1:1")["arn"]
    assert f"--catalog-mount {as_team.catalog_mount}" in config.read_text()


def test_a_profile_calls_the_program_by_its_whole_path_and_holds_no_secret(profile, config):
    profile("--role", "net")
    assert f"\ncredential_process = {PROGRAM} creds --role net " in config.read_text()
    assert os.environ["VAULT_TOKEN"] not in config.read_text()


def test_a_program_in_a_folder_with_a_space_is_found_by_the_sdk(
    profile, aws_environment, tmp_path, monkeypatch, config
):
    place = tmp_path / "my programs (new)"
    place.mkdir()
    (place / "consumer").symlink_to(PROGRAM)
    monkeypatch.setattr("sys.argv", [str(place / "consumer")])
    profile("--role", "net")
    assert f'credential_process = "{place}/consumer" creds' in config.read_text()
    assert ":assumed-role/net/" in as_sdk("net", aws_environment)["arn"]


def test_a_new_file_is_its_owners_alone(profile, config):
    profile("--role", "net")
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700


def test_an_old_file_keeps_its_mode_and_every_other_byte(profile, config):
    mine = b"# caf\xe9\r\n[default]\r\nregion = us-east-1\r\n\r\n[profile x]  \r\noutput=json\r\n"
    config.parent.mkdir()
    config.write_bytes(mine)
    config.chmod(0o640)
    assert profile("--role", "net").code == 0
    assert config.read_bytes().startswith(mine)
    assert stat.S_IMODE(config.stat().st_mode) == 0o640
    assert profile("--remove", "net").code == 0
    assert config.read_bytes() == mine


def test_a_link_is_followed(profile, config, tmp_path):
    real = tmp_path / "dotfiles"
    real.write_text("[default]\nregion = us-east-1\n")
    config.parent.mkdir()
    config.symlink_to(real)
    profile("--role", "net")
    assert config.is_symlink()
    assert "[profile net]" in real.read_text()


def test_aws_config_file_names_another_place(profile, config, tmp_path, monkeypatch, aws_environment):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "elsewhere"))
    profile("--role", "net")
    assert not config.exists()
    assert as_sdk("net", aws_environment, AWS_CONFIG_FILE=str(tmp_path / "elsewhere"))["region"] == "eu-west-1"


def test_the_same_again_changes_nothing(profile, config):
    profile("--role", "net")
    before = config.stat().st_mtime_ns
    assert "unchanged" in profile("--role", "net").err
    assert config.stat().st_mtime_ns == before


def test_a_profile_of_somebody_else_is_refused_without_force(profile, config, aws_environment):
    config.parent.mkdir()
    config.write_text("[profile net]\nregion = ap-south-1\n")
    assert profile("--role", "net").code == ProfileTaken.exit_code
    assert profile("--remove", "net").code == ProfileTaken.exit_code
    assert config.read_text() == "[profile net]\nregion = ap-south-1\n"
    assert profile("--role", "net", "--force").code == 0
    assert as_sdk("net", aws_environment)["region"] == "eu-west-1"


def test_print_shows_it_and_writes_nothing(profile, config):
    run = profile("--role", "net", "--print")
    header, told, process, region = run.out.splitlines()
    assert (header, region) == ("[profile net]", "region = eu-west-1")
    assert "consumer profile --remove net" in told
    assert process.startswith("credential_process = ")
    assert not config.exists()


def test_keys_that_would_hide_the_profile_are_told(profile, consumer_home):
    (consumer_home / ".aws").mkdir()
    (consumer_home / ".aws" / "credentials").write_text("[net]\naws_access_key_id = x\naws_secret_access_key = y\n")
    assert "has keys of a profile net too" in profile("--role", "net").err
    assert "has keys" not in profile("--role", "fed").err


def test_two_at_once_wait_for_each_other(config):
    reading, go_on = threading.Event(), threading.Event()

    def slowly(text: str) -> str:
        reading.set()
        go_on.wait()
        return f"{text}[profile a]\n"

    changes = (slowly, lambda text: f"{text}[profile b]\n")
    first, second = (threading.Thread(target=change, args=(config, one), daemon=True) for one in changes)
    first.start()
    reading.wait()
    second.start()
    second.join(1)
    waits = second.is_alive()
    go_on.set()
    first.join()
    second.join()
    assert waits
    assert config.read_text() == "[profile a]\n[profile b]\n"


def test_removing_what_is_not_there_is_fine_and_makes_nothing(profile, config):
    run = profile("--remove", "net")
    assert run.code == 0
    assert "has no profile net" in run.err
    assert not config.parent.exists()


def test_a_file_that_no_sdk_reads_is_left_alone(profile, config):
    config.parent.mkdir()
    config.write_text("secret nonsense\n")
    run = profile("--role", "net")
    assert run.code == ProfileImpossible.exit_code
    assert "secret" not in run.err
    assert config.read_text() == "secret nonsense\n"


def test_a_home_that_can_not_be_written_is_said_so(profile, config):
    config.parent.write_text("a file where the folder would be")
    assert profile("--role", "net").code == OutputNotWritable.exit_code


def test_what_the_role_can_not_give_is_refused_now_and_not_when_an_sdk_asks(profile, config):
    assert profile("--role", "nte").code == RoleUnknown.exit_code
    assert profile("--role", "app", "--ttl", "30m").code == ParameterNotForRole.exit_code
    assert not config.exists()


@pytest.mark.parametrize("argv", [
    (), ("--remove",), ("--remove", "net", "--role", "net"), ("a b", "--role", "net"), ("x]\n[y", "--role", "net"),
])  # fmt: skip
def test_a_command_line_that_says_too_little_or_too_much_is_wrong(profile, argv):
    assert profile(*argv).code == USAGE
