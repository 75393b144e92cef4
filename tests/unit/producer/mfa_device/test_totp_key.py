"""Every name that IAM allows gives a key that Vault's engine takes, and no two users get one key unnoticed."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from producer.mfa_device.readers import Login, Readers
from producer.mfa_device.totp_key import TotpKey, is_name, key_name

GO = re.compile(r"[0-9A-Za-z_](([0-9A-Za-z_.@-]+)?[0-9A-Za-z_])?")
"""GenericNameWithAtRegex, as the engine is built with it."""
USERS = st.from_regex(r"\A[A-Za-z0-9_+=,.@-]{1,64}\Z")


@given(USERS)
def test_any_iam_users_name_gives_one_that_vault_takes(user):
    name = key_name(user)
    assert GO.fullmatch(name)
    assert ".." not in name
    assert is_name(name)


@given(USERS, USERS)
def test_two_users_never_share_a_key(one, other):
    assert (key_name(one) == key_name(other)) == (one == other)


@given(USERS)
def test_a_key_that_is_tried_out_is_no_users_key(user):
    assert not is_name(TotpKey(None, "totp", key_name(user)).next.name)


def test_a_name_that_vault_takes_is_kept():
    assert key_name("alice@acme.com") == "alice@acme.com"
    assert key_name("a..b") != "a..b"


@given(USERS)
def test_no_policy_can_be_taken_for_a_teams(user):
    from vault_aws_kit.contract import teams_of_policy

    policy = Readers(TotpKey(None, "totp", key_name(user))).policy
    assert teams_of_policy(policy) == []
    assert policy == policy.lower()
    assert "," not in policy


def test_a_login_is_written_as_elsewhere():
    assert Login.parse("jwt:ci/gitlab/vak-prod-payments").path == "auth/ci/gitlab/role/vak-prod-payments"
    assert Login.parse("cert:cert/runner").path == "auth/cert/certs/runner"
