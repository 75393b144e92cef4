"""Where to log in, by options and environment."""

from __future__ import annotations

import pytest

from consumer.logins.target import Target, find
from vault_aws_kit.errors import SettingsInvalid


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("jwt:gitlab/vak-prod-pay", Target("jwt", "gitlab", "vak-prod-pay")),
        ("jwt:ci/gitlab/vak-prod-pay", Target("jwt", "ci/gitlab", "vak-prod-pay")),
        ("jwt:auth/gitlab/vak-prod-pay.plan", Target("jwt", "gitlab", "vak-prod-pay.plan")),
        ("kubernetes:vak-prod-pay", Target("kubernetes", "", "vak-prod-pay")),
        ("gitlab/vak-prod-pay", Target("", "gitlab", "vak-prod-pay")),
        ("vak-prod-pay", Target("", "", "vak-prod-pay")),
        ("aws:aws-prod/", Target("aws", "aws-prod", "")),
    ],
)
def test_one_variable_says_method_mount_and_role(text, target):
    assert find({"VAULT_AWS_KIT_LOGIN": text}) == target


@pytest.mark.parametrize("text", ["a b", "jwt:x:y", "JWT:x/y", "jwt:x/y\n"])
def test_what_is_none_is_refused(text):
    with pytest.raises(SettingsInvalid, match="VAULT_AWS_KIT_LOGIN"):
        find({"VAULT_AWS_KIT_LOGIN": text})


def test_what_is_given_goes_first_then_the_kits_variable_then_the_general_ones_then_the_team_then_hcps():
    env: dict[str, str] = {}
    assert find(env) == Target()
    env["TFC_VAULT_RUN_ROLE"] = "hcp"
    assert find(env).role == "hcp"
    assert find(env, team="prod/pay").role == "vak-prod-pay"
    env["VAULT_AUTH_ROLE"] = "general"
    assert find(env, team="prod/pay").role == "general"
    env["BAO_AUTH_ROLE"] = "openbaos"
    assert find(env).role == "openbaos"
    env["VAULT_AWS_KIT_LOGIN"] = "kits"
    assert find(env).role == "kits"
    assert find(env, Target(role="given")).role == "given"


def test_each_part_is_filled_by_itself():
    env = {"VAULT_AWS_KIT_LOGIN": "jwt:role", "VAULT_AUTH_PATH": "/gitlab/", "VAULT_AUTH_AUDIENCE": "vault"}
    assert find(env, Target(method="kubernetes")) == Target("kubernetes", "gitlab", "role", "vault")


def test_a_team_without_a_specs_name_is_the_default_specs():
    assert find({}, team="pay").role == "vak-default-pay"


def test_a_method_that_is_none_is_named_with_those_that_are():
    with pytest.raises(SettingsInvalid, match="'magic'") as refused:
        find({"VAULT_AUTH_METHOD": "magic"})
    assert "kubernetes" in refused.value.hint
