"""How a JWT mount finds a host's keys, where the kit looks after it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from producer.connect.run import _merged
from producer.connect.vault_side import issuer_config, mount_config
from producer.owned import Mark
from vault_aws_kit.errors import NotOurs

from .specs import SPEC, connection

OURS = {("auth-config", "auth/jwt-tfc/config"): Mark()}
NOBODY = None
"""Vault needn't be asked of a mount that is ours."""


def with_config(**fields):
    one = connection(**fields)
    return replace(one, config=issuer_config(one, "PEM"))


def test_a_ca_that_was_given_once_holds_until_another_is_given():
    known = with_config()
    assert mount_config(connection("api"), [known], SPEC, NOBODY, OURS)["oidc_discovery_ca_pem"] == "PEM"
    assert mount_config(connection("api"), [known], SPEC, NOBODY, OURS, "NEW")["oidc_discovery_ca_pem"] == "NEW"


def test_a_mount_is_for_one_host():
    other = with_config(issuer="https://tfe.example.com")
    with pytest.raises(NotOurs, match=r"trusts https://tfe\.example\.com, not https://app\.terraform\.io") as refused:
        mount_config(connection("api"), [other], SPEC, NOBODY, OURS)
    assert "--jwt-mount" in refused.value.hint


def test_all_connections_of_a_mount_agree_on_its_configuration():
    fresh = replace(connection("api"), config=issuer_config(connection("api"), "NEW"))
    elsewhere = replace(with_config(), workspaces=("other",), mount="jwt-other")
    merged = _merged([with_config(), elsewhere], [fresh])
    assert {one.place: one.config["oidc_discovery_ca_pem"] for one in merged} == {
        "acme/api": "NEW", "acme/web": "NEW", "acme/other": "PEM",
    }  # fmt: skip
