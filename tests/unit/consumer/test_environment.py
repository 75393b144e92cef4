"""The environment of a program that shall find our credentials and no others."""

from __future__ import annotations

import re
from pathlib import Path

import botocore.credentials
import pytest

from consumer.environment import FIND_CREDENTIALS, for_child, for_client, of_endpoint
from vault_aws_kit.credentials import Credentials

KEY = Credentials("AKIAEXAMPLE", "secret", region="eu-west-1")


@pytest.mark.parametrize(
    ("inherited", "named", "expected"),
    [
        ({}, "", ("eu-west-1", "eu-west-1")),
        ({"AWS_REGION": "a"}, "", ("a", "a")),
        ({"AWS_DEFAULT_REGION": "b"}, "", ("b", "b")),
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "", ("a", "b")),
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "c", ("c", "c")),
        ({"AWS_REGION": ""}, "", ("eu-west-1", "eu-west-1")),
    ],
)
def test_a_named_region_wins_then_the_inherited_one_then_the_roles(inherited, named, expected):
    found = for_child(inherited, KEY, region=named)
    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == expected


def test_no_region_is_invented():
    assert "AWS_REGION" not in for_child({}, Credentials("AKIA", "secret"))


def test_a_stale_session_token_does_not_stay_with_a_key_that_has_none():
    assert "AWS_SESSION_TOKEN" not in for_child({"AWS_SESSION_TOKEN": "stale"}, KEY)


def test_every_variable_by_which_botocore_finds_credentials_is_taken_out():
    """The SDK's own list, so that a name it learns is not missed."""
    source = Path(botocore.credentials.__file__).read_text()
    names = set(re.findall(r"['\"](AWS_[A-Z_]+)['\"]", source)) - {"AWS_EC2_METADATA_DISABLED"}
    found = for_child(dict.fromkeys(names, "stale"), KEY)
    assert len(names) > 5
    assert [name for name, value in found.items() if value == "stale"] == []


def test_vaults_own_variables_stay_for_terraforms_vault_provider():
    kept = {"VAULT_ADDR": "https://vault", "VAULT_TOKEN": "token"}
    assert for_child(kept, KEY).items() >= kept.items()


ENDPOINT = of_endpoint("http://127.0.0.1:1/app", token="secret", region="eu-west-1")


def test_a_program_that_asks_an_endpoint_finds_no_other_credentials_than_its():
    inherited = dict.fromkeys(FIND_CREDENTIALS, "stale") | {"OTHER": "kept", "HOME": "/nowhere"}
    assert for_client(inherited, ENDPOINT, named=False) == {"OTHER": "kept", "HOME": "/nowhere", **ENDPOINT}


@pytest.mark.parametrize(("named", "expected"), [(False, "us-east-2"), (True, "eu-west-1")])
def test_for_an_endpoint_too_a_named_region_wins_and_another_fills_a_gap(named, expected):
    found = for_client({"AWS_REGION": "us-east-2", "HOME": "/nowhere"}, ENDPOINT, named=named)
    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == (expected, expected)
