"""Whose credentials these are: what AWS answers a new key, and what may be told of a refusal."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from consumer import identity
from vault_aws_kit.credentials import Credentials
from vault_aws_kit.errors import AwsRefused, AwsUnreachable

KEY = Credentials("AKIA", "s")
SESSION = Credentials("ASIA", "s", "t")
ME = {"Account": "1", "Arn": "arn:aws:iam::1:user/me"}


@pytest.fixture
def answers(monkeypatch):
    """What STS answers, one after another; nobody waits between them."""

    def give(*told):
        left = list(told)

        class Sts:
            def get_caller_identity(self):
                answer = left.pop(0)
                if isinstance(answer, Exception):
                    raise answer
                return answer

        monkeypatch.setattr(identity, "_client", lambda _: Sts())
        monkeypatch.setattr(identity, "PAUSE", 0)
        return left

    return give


def refused(code, message=""):
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetCallerIdentity")


def test_a_new_key_is_asked_for_until_aws_knows_it(answers):
    left = answers(refused("InvalidClientTokenId"), refused("InvalidClientTokenId"), ME)
    assert identity.of(KEY).account == "1"
    assert left == []


def test_patience_ends(answers):
    answers(refused("InvalidClientTokenId"))
    with pytest.raises(AwsRefused, match="InvalidClientTokenId"):
        identity.of(KEY, patience=-1)


@pytest.mark.parametrize(("credentials", "code"), [(SESSION, "InvalidClientTokenId"), (KEY, "SignatureDoesNotMatch")])
def test_what_no_patience_mends_is_told_at_once_and_without_aws_own_words(answers, credentials, code):
    left = answers(refused(code, "x-amz-security-token:CANARY"), ME)
    with pytest.raises(AwsRefused) as told:
        identity.of(credentials)
    assert "CANARY" not in told.value.message
    assert left == [ME]


def test_no_way_to_aws_is_no_refusal(answers):
    answers(EndpointConnectionError(endpoint_url="https://sts"))
    with pytest.raises(AwsUnreachable):
        identity.of(KEY)


def test_a_profile_of_this_shell_that_is_not_there_is_no_hindrance(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    assert identity._client(KEY).meta.service_model.service_name == "sts"
