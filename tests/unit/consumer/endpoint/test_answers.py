"""Errors in the shape that SDKs show, with a status that makes them try again only where that is of use."""

from __future__ import annotations

import json
from http import HTTPStatus

import pytest

from consumer.endpoint import answers
from vault_aws_kit import errors
from vault_aws_kit.clock import moment
from vault_aws_kit.credentials import Credentials


def told(answer: bytes) -> tuple[int, dict[str, str]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    return int(head.split(b" ")[1]), json.loads(body)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.RoleNotGranted("no"), 403),
        (errors.TokenRefused("no"), 403),
        (errors.TokenMissing("no"), 403),
        (errors.AwsRefused("AccessDenied: no"), 403),
        (errors.CodeNeeded("no"), 403),
        (errors.RoleUnknown("no"), 404),
        (errors.RoleArnNeeded("no"), 400),
        (errors.ParameterNotForRole("no"), 400),
        (errors.VaultUnreachable("no"), 503),
        (errors.VaultSealed("no"), 503),
        (errors.VaultFailed("no"), 503),
        (errors.AwsRefused("AWS refuses it: Throttling: Rate exceeded"), 503),
    ],
)
def test_an_error_has_its_name_and_its_words(error, status):
    assert told(answers.failure(error)) == (status, {"Code": type(error).__name__, "Message": error.message})


def test_what_to_do_is_part_of_the_message():
    _, body = told(answers.failure(errors.TokenRefused("Refused.", hint="Log in again.")))
    assert body["Message"] == "Refused. Log in again."


def test_of_a_bug_no_value_is_told():
    status, body = told(answers.failure(ValueError("hvs.secret")))
    assert status == 500
    assert "hvs.secret" not in str(body)


def test_credentials_are_in_the_shape_that_aws_describes():
    found = Credentials("AKIA", "secret", "session", expires=moment("2026-01-31T12:00:00Z"))
    assert told(answers.credentials(found)) == (
        200,
        {"AccessKeyId": "AKIA", "SecretAccessKey": "secret", "Token": "session", "Expiration": "2026-01-31T12:00:00Z"},
    )


def test_what_has_no_known_end_has_one_that_makes_sdks_ask_again():
    _, body = told(answers.credentials(Credentials("AKIA", "secret")))
    assert body["Token"] == ""
    assert moment(body["Expiration"])


def test_the_last_answer_on_a_connection_says_so_in_its_head_alone():
    head, _, body = answers.closing(answers.refusal(HTTPStatus.FORBIDDEN, "A", "B")).partition(b"\r\n\r\n")
    assert head.count(b"Connection: close") == 1
    assert json.loads(body) == {"Code": "A", "Message": "B"}
