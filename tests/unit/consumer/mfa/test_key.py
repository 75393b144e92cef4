"""Which long-lived key is meant: as boto3 finds it, and never a session."""

from __future__ import annotations

import boto3
import pytest

from consumer.mfa import key
from vault_aws_kit.errors import NoAwsCredentials, TemporaryAwsCredentials

ENV = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "e"}
SESSION = {"AWS_ACCESS_KEY_ID": "ASIAENV", "AWS_SECRET_ACCESS_KEY": "e", "AWS_SESSION_TOKEN": "t"}
CREDENTIALS = """
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = d%d

[work]
aws_access_key_id=AKIAWORK
aws_secret_access_key=w

[old]
aws_access_key_id = ASIAOLD
aws_secret_access_key = o
aws_session_token = t
"""
CONFIG = """
[default]
region = eu-west-1
s3 =
    max_concurrent_requests = 20

[profile work]
region = eu-central-1
mfa_serial = arn:aws:iam::111122223333:mfa/me
aws_access_key_id = AKIACONFIG
aws_secret_access_key = c

[profile there]
aws_access_key_id = AKIATHERE
aws_secret_access_key = t

[profile 'my own']
aws_access_key_id = AKIAOWN
aws_secret_access_key = o

[profile admin]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = work

[profile vault]
credential_process = echo '{"Version":1,"AccessKeyId":"AKIAVAULT","SecretAccessKey":"v"}'

"""


@pytest.fixture
def env(tmp_path, monkeypatch) -> dict[str, str]:
    """An environment whose AWS files are these."""
    (tmp_path / "credentials").write_text(CREDENTIALS)
    (tmp_path / "config").write_text(CONFIG)
    files = {"AWS_SHARED_CREDENTIALS_FILE": "credentials", "AWS_CONFIG_FILE": "config"}
    found = {name: str(tmp_path / file) for name, file in files.items()}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return {"HOME": str(tmp_path), **found}


@pytest.mark.parametrize(
    ("more", "profile", "found"),
    [
        ({}, "", "AKIADEFAULT"),
        (ENV, "", "AKIAENV"),
        (ENV, "work", "AKIAWORK"),
        ({"AWS_PROFILE": "work"}, "", "AKIAWORK"),
        ({"AWS_DEFAULT_PROFILE": "work"}, "", "AKIAWORK"),
        ({**ENV, "AWS_PROFILE": "work"}, "", "AKIAENV"),
        ({}, "there", "AKIATHERE"),
        ({}, "my own", "AKIAOWN"),
        ({}, "vault", "AKIAVAULT"),
    ],
)
def test_a_key_is_found_where_boto3_finds_it(env, monkeypatch, more, profile, found):
    for name, value in more.items():
        monkeypatch.setenv(name, value)
    assert key.find({**env, **more}, profile).access_key_id == found
    assert boto3.Session(profile_name=profile or None).get_credentials().access_key == found


def test_a_profile_tells_its_region_and_its_device(env):
    found = key.find(env, "work")
    assert (found.region, found.serial) == ("eu-central-1", "arn:aws:iam::111122223333:mfa/me")
    assert key.find({**env, "AWS_REGION": "us-west-2"}, "work").region == "us-west-2"


def test_the_session_of_last_time_is_passed_over(env):
    assert key.find({**env, **SESSION}).access_key_id == "AKIADEFAULT"


def test_a_session_with_no_key_behind_it_is_refused(tmp_path):
    with pytest.raises(TemporaryAwsCredentials, match="profile default has none"):
        key.find({**SESSION, "HOME": str(tmp_path)})


@pytest.mark.parametrize("profile", ["old", "admin"])
def test_a_profile_of_temporary_credentials_is_refused(env, profile):
    with pytest.raises(TemporaryAwsCredentials, match=profile):
        key.find(env, profile)


def test_a_profile_that_is_not_there_is_named(env):
    for said in (env, {**env, "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x"}):
        with pytest.raises(NoAwsCredentials, match="profile nobody is in neither of AWS's files"):
            key.find(said, "nobody")


def test_of_the_environment_nothing_is_said_where_a_profile_was_named(tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[profile bare]\nregion = eu-west-1\n")
    with pytest.raises(NoAwsCredentials, match="profile bare has no long-lived key") as refused:
        key.find({"HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x"}, "bare")
    assert "environment neither" not in str(refused.value)


def test_a_file_that_can_not_be_read_is_named(env, tmp_path):
    (tmp_path / "config").write_text("no = section\n")
    with pytest.raises(NoAwsCredentials, match="config can't be read: it isn't written"):
        key.find(env)


def test_a_program_that_gives_no_key_is_told_as_such(env, tmp_path):
    (tmp_path / "config").write_text("[profile vault]\ncredential_process = echo nothing\n")
    with pytest.raises(NoAwsCredentials, match="can't be read"):
        key.find(env, "vault")


def test_no_secret_stands_in_the_text_of_a_key(env):
    assert "d%d" not in repr(key.find(env))
