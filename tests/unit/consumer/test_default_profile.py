"""Whether AWS's own files would win over a container endpoint: judged as botocore does."""

from __future__ import annotations

import botocore.session
import pytest

from consumer.default_profile import winning_files

KEY = "aws_access_key_id = AKIAOLD\naws_secret_access_key = old\n"


@pytest.mark.parametrize(
    ("credentials", "config", "winning"),
    [
        ("", "", []),
        (f"[default]\n{KEY}", "", ["AWS_SHARED_CREDENTIALS_FILE"]),
        (f"[other]\n{KEY}", "[default]\nregion = eu-west-1\noutput = json\n", []),
        ("", f"[default]\n{KEY}", ["AWS_CONFIG_FILE"]),
        ("", "[default]\ncredential_process = /bin/true\n", ["AWS_CONFIG_FILE"]),
        ("", "[profile default]\nsso_session = x\n", ["AWS_CONFIG_FILE"]),
        ("", "[profile other]\nrole_arn = x\n", []),
        ("no ini", "", ["AWS_SHARED_CREDENTIALS_FILE"]),
        (f"[default]\n{KEY}", f"[default]\n{KEY}", ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"]),
        ("", "[default]\ns3 =\n  max_concurrent_requests = 2\n", []),
    ],
)
def test_a_default_profile_with_credentials_wins(tmp_path, credentials, config, winning):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(credentials)
    (tmp_path / ".aws" / "config").write_text(config)
    assert winning_files({"HOME": str(tmp_path)}) == winning


def test_files_that_are_not_there_win_nothing(tmp_path):
    assert winning_files({"HOME": str(tmp_path)}) == []


def test_files_in_other_places_are_found_by_their_variables(tmp_path):
    (tmp_path / "mine").write_text(f"[default]\n{KEY}")
    assert winning_files({"HOME": "/nowhere", "AWS_CONFIG_FILE": str(tmp_path / "mine")}) == ["AWS_CONFIG_FILE"]


def test_once_they_are_hidden_botocore_finds_none(tmp_path, monkeypatch):
    (tmp_path / "mine").write_text(f"[default]\n{KEY}")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "mine"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert botocore.session.Session().get_credentials()
    for name in winning_files({"HOME": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "mine")}):
        monkeypatch.setenv(name, "/dev/null")
    assert botocore.session.Session().get_credentials() is None
