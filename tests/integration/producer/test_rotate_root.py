"""`producer rotate-root`: another key in Vault, the old one gone, and nothing done twice or by halves."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from producer import rotate_root as rotation
from vault_aws_kit import clock, errors
from vault_aws_kit import vault as transport


@pytest.fixture
def iam(aws):
    return aws.client("iam")


@pytest.fixture
def given(producer, iam, unique, monkeypatch):
    """An engine that was set up with the key of a user made for it."""
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        assert producer("setup", "--yes").code == 0
    return key["AccessKeyId"]


def keys_of(iam, user):
    return [key["AccessKeyId"] for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]]


def key_of(vault, unique):
    return vault.read(f"aws-{unique}/config/root")["data"]["access_key"]


def test_the_given_key_is_replaced_with_a_warning_that_it_dies_and_setup_finds_nothing_to_do(
    producer, vault, iam, unique, given
):
    done = producer("rotate-root", "--yes")
    assert done.code == 0, done.err
    assert f"{given} of IAM user {unique} is the key that engine main was given" in done.err
    assert keys_of(iam, unique) == [key_of(vault, unique)] != [given]
    assert producer("plan", "--detailed-exitcode").code == 0
    assert "is the key that" not in producer("rotate-root", "--yes").err
    assert key_of(vault, unique) in producer("status").out


def test_a_young_key_is_left_alone(producer, vault, unique, given):
    done = producer("rotate-root", "--max-age", "30d", "--format", "json")
    assert (done.code, json.loads(done.out)[0]["rotated"]) == (0, False)
    assert key_of(vault, unique) == given


def test_the_age_is_the_catalogs_where_aws_cannot_be_asked(producer, vault, unique, given, monkeypatch):
    producer("rotate-root", "--yes")
    before = key_of(vault, unique)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert producer("rotate-root", "--max-age", "1h").code == 0
    assert key_of(vault, unique) == before


def test_two_keys_are_refused_before_anything_is_changed(producer, vault, iam, unique, given):
    other = iam.create_access_key(UserName=unique)["AccessKey"]["AccessKeyId"]
    refused = producer("rotate-root", "--yes")
    assert refused.code == errors.RootKeyQuota.exit_code
    assert other in refused.err
    assert key_of(vault, unique) == given


def test_two_keys_are_told_also_where_only_vault_can_ask_aws(producer, iam, unique, given, monkeypatch):
    iam.create_access_key(UserName=unique)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert producer("rotate-root", "--yes").code == errors.RootKeyQuota.exit_code


def test_killed_after_vault_rotated_the_next_run_sees_that_it_was_done(
    producer, vault, iam, unique, given, monkeypatch
):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "record", die)
        with pytest.raises(Killed):
            producer("rotate-root", "--yes")
    now = key_of(vault, unique)
    assert now != given
    assert producer("rotate-root", "--max-age", "1h", "--lock-timeout", "90s").code == 0
    assert key_of(vault, unique) == now
    assert producer("plan", "--detailed-exitcode").code == 0


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(rotation, "PAUSE", 0.01)


def failing(monkeypatch, method, path, *errors_first, after=False):
    """Vault's answers to one path are lost or refused at first; `after`: though it did what was asked."""
    real, left = getattr(transport.Vault, method), list(errors_first)

    def send(self, request, **more):
        if not request.path.endswith(path) or not left:
            return real(self, request, **more)
        if after:
            real(self, request, **more)
        raise left.pop(0)

    monkeypatch.setattr(transport.Vault, method, send)


NOT_YET = errors.VaultFailed("x", said="InvalidClientTokenId: The security token included in the request is invalid")


def test_aws_is_given_time_to_know_a_new_key(producer, vault, unique, given, monkeypatch, impatient):
    failing(monkeypatch, "tell", "config/rotate-root", NOT_YET, NOT_YET)
    failing(monkeypatch, "ask", "/creds/net", NOT_YET, NOT_YET)
    done = producer("rotate-root", "--yes", "--format", "json")
    assert done.code == 0, done.err
    assert json.loads(done.out)[0]["proved_by"] == "main/net"
    assert key_of(vault, unique) != given


def test_an_answer_that_got_lost_is_no_second_rotation(producer, vault, iam, unique, given, monkeypatch):
    failing(monkeypatch, "tell", "config/rotate-root", errors.VaultUnreachable("gone"), after=True)
    assert producer("rotate-root", "--yes").code == 0
    assert keys_of(iam, unique) == [key_of(vault, unique)] != [given]
    assert producer("plan", "--detailed-exitcode").code == 0


def test_a_root_user_that_may_not_rotate_is_said_to_be_one(producer, given, monkeypatch):
    denied = errors.VaultFailed("x", said="error calling CreateAccessKey: AccessDenied: no")
    failing(monkeypatch, "tell", "config/rotate-root", denied)
    refused = producer("rotate-root", "--yes")
    assert refused.code == errors.AwsRefused.exit_code
    assert "--print-policy" in refused.err


def test_status_tells_a_key_that_is_older_than_the_spec_allows(producer, content, given, monkeypatch):
    content["engines"][0]["root"] = {"rotate_after": "30d"}
    assert "older than" not in producer("status").out
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "older than rotate_after: `producer rotate-root`" in producer("status").out
    assert json.loads(producer("status", "--format", "json").out)["engines"][0]["key_old"] is True


def test_an_engine_with_an_identity_of_its_own_has_nothing_to_rotate(producer, content):
    content["engines"][0]["root"] = {"credentials": "keep"}
    producer("setup", "--yes")
    refused = producer("rotate-root", "--yes")
    assert refused.code == errors.RootHasNoKey.exit_code
    assert "identity of its own" in refused.err


def test_nothing_is_rotated_without_consent(producer, vault, unique, given):
    assert producer("rotate-root").code == errors.Declined.exit_code
    assert key_of(vault, unique) == given
