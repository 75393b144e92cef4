"""The variables of HCP Terraform, as its documentation lists them."""

from __future__ import annotations

import pytest

from vault_aws_kit.hcp import AwsProvider, Phased, VaultLogin, is_dynamic, tag_fault, tag_of


def test_a_login_says_where_vault_is_and_leaves_out_what_is_not_known():
    assert VaultLogin("https://v", Phased.both("r")).variables() == {
        "TFC_VAULT_PROVIDER_AUTH": "true",
        "TFC_VAULT_ADDR": "https://v",
        "TFC_VAULT_RUN_ROLE": "r",
    }


def test_a_provider_with_an_alias_has_its_tag_at_the_end_of_every_variable():
    found = AwsProvider("LOGS", "assumed_role", "aws", Phased("ro", "rw"), Phased.both("arn"), sleep=5).variables()
    assert found == {
        "TFC_VAULT_BACKED_AWS_AUTH_LOGS": "true",
        "TFC_VAULT_BACKED_AWS_AUTH_TYPE_LOGS": "assumed_role",
        "TFC_VAULT_BACKED_AWS_MOUNT_PATH_LOGS": "aws",
        "TFC_VAULT_BACKED_AWS_PLAN_VAULT_ROLE_LOGS": "ro",
        "TFC_VAULT_BACKED_AWS_APPLY_VAULT_ROLE_LOGS": "rw",
        "TFC_VAULT_BACKED_AWS_RUN_ROLE_ARN_LOGS": "arn",
        "TFC_VAULT_BACKED_AWS_SLEEP_SECONDS_LOGS": "5",
    }


@pytest.mark.parametrize(
    ("tags", "told"),
    [(("", "DEV_EU"), ""), (("", ""), "two default"), (("A", "A"), "called A"), (("TYPE",), "reserved"),
     (("TYPE_X",), "reserved"), (("A.B",), "no tag"), (("TYPES",), "")],
)  # fmt: skip
def test_tags_are_what_agents_can_tell_apart(tags, told):
    assert told in tag_fault(tags)
    assert bool(tag_fault(tags)) == bool(told)


def test_an_alias_becomes_a_tag():
    assert tag_of("dev-eu") == "DEV_EU"


@pytest.mark.parametrize(
    ("key", "dynamic"),
    [
        ("TFC_VAULT_BACKED_AWS_AUTH", True),
        ("TFC_VAULT_BACKED_AWS_AUTH_LOGS", True),
        ("TFC_AWS_PROVIDER_AUTH_DEV_EU", True),
        ("TFC_VAULT_BACKED_AWS_AUTH_TYPE", False),
        ("TFC_VAULT_BACKED_AWS_AUTH_TYPE_LOGS", False),
        ("TFC_VAULT_PROVIDER_AUTH", False),
        ("XTFC_AWS_PROVIDER_AUTH", False),
    ],
)
def test_runs_have_credentials_of_their_own_by_a_switch_of_any_tag(key, dynamic):
    assert is_dynamic(key) is dynamic
