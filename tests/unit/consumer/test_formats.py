"""Formats: what each prints is what its reader reads, whatever the values hold."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.formats import FORMATS
from vault_aws_kit.credentials import Credentials

SESSION = Credentials(
    access_key_id="ASIAEXAMPLE",
    secret_access_key="secret/+=",
    session_token="token//==",
    expires=datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC),
    lease_id="aws/creds/net/abc",
    region="eu-west-1",
    role="net",
    type="assumed_role",
)
KEY = replace(SESSION, access_key_id="AKIAEXAMPLE", session_token="", type="iam_user", renewable=True)
HOSTILE = st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), min_size=1)


def test_env_sets_both_spellings_of_the_region():
    text = FORMATS["env"].text(SESSION)
    assert "export AWS_REGION=eu-west-1\nexport AWS_DEFAULT_REGION=eu-west-1\n" in text


def test_env_unsets_whatever_an_earlier_set_left():
    assert FORMATS["env"].text(KEY).startswith("unset AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_CREDENTIAL_EXPIRATION")
    assert "unset AWS_SECURITY_TOKEN" in FORMATS["env"].text(SESSION)


def test_env_leaves_the_region_alone_where_none_is_known():
    assert "REGION" not in FORMATS["env"].text(replace(KEY, region=""))


@settings(max_examples=30)
@given(HOSTILE)
def test_env_is_inert_whatever_the_values_hold(value):
    text = FORMATS["env"].text(replace(SESSION, secret_access_key=value, region=value))
    script = f'{text}printf "%s\\0%s" "$AWS_SECRET_ACCESS_KEY" "$AWS_REGION"'
    told = subprocess.run(["sh", "-c", script], env={}, capture_output=True, check=True).stdout
    assert told == f"{value}\0{value}".encode()


def test_credential_process_has_the_exact_shape_that_the_sdks_read():
    assert json.loads(FORMATS["credential-process"].text(SESSION)) == {
        "Version": 1,
        "AccessKeyId": "ASIAEXAMPLE",
        "SecretAccessKey": "secret/+=",
        "SessionToken": "token//==",
        "Expiration": "2026-01-31T12:00:00Z",
    }


def test_credential_process_leaves_out_what_a_key_has_not():
    found = json.loads(FORMATS["credential-process"].text(replace(KEY, expires=None)))
    assert list(found) == ["Version", "AccessKeyId", "SecretAccessKey"]


def test_json_holds_all_that_is_known():
    found = json.loads(FORMATS["json"].text(KEY))
    assert found == {
        "access_key_id": "AKIAEXAMPLE",
        "secret_access_key": "secret/+=",
        "session_token": "",
        "expires": "2026-01-31T12:00:00Z",
        "lease_id": "aws/creds/net/abc",
        "renewable": True,
        "revocable": True,
        "region": "eu-west-1",
        "role": "net",
        "type": "iam_user",
    }


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_its_text_with_a_line_end(name):
    assert FORMATS[name].text(SESSION).endswith("\n")
