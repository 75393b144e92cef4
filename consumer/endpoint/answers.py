"""What is answered: whole HTTP responses, as bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus

from vault_aws_kit import clock
from vault_aws_kit.credentials import Credentials
from vault_aws_kit.errors import (
    AwsError,
    KitError,
    MfaError,
    NotAllowed,
    RequestError,
    RoleNotGranted,
    RoleUnknown,
    TokenMissing,
    TokenRefused,
)

UNKNOWN_LIFE = timedelta(minutes=15)  # for credentials whose end nobody knows: SDKs shall ask again then
_LATER = ("Throttling", "RequestLimitExceeded", "ServiceUnavailable")  # AWS's refusals that pass


def credentials(found: Credentials) -> bytes:
    """The answer that SDKs look for. Those of Python and JavaScript want `Token` and `Expiration` in any case."""
    return response(HTTPStatus.OK, {
        "AccessKeyId": found.access_key_id,
        "SecretAccessKey": found.secret_access_key,
        "Token": found.session_token,
        "Expiration": clock.timestamp(found.expires or _unknown_end()),
    })  # fmt: skip


def failure(error: Exception) -> bytes:
    """The answer for what went wrong: 4xx where trying again is of no use, 5xx where it may be."""
    if not isinstance(error, KitError):
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "Bug", "This is a bug in vault-aws-kit: see its own output.")
    return refusal(_status(error), type(error).__name__, " ".join(filter(None, (error.message, error.hint))))


def refusal(status: HTTPStatus, code: str, message: str) -> bytes:
    """An error as SDKs show it: JavaScript's wants these capitals, Go's takes any, Python's shows the text."""
    return response(status, {"Code": code, "Message": message})


def response(status: HTTPStatus, body: Mapping[str, str]) -> bytes:
    content = json.dumps(body).encode()
    allow = "Allow: GET\r\n" if status is HTTPStatus.METHOD_NOT_ALLOWED else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
        f"{allow}Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def closing(answer: bytes) -> bytes:
    """The same answer as the last one on its connection."""
    return answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)


def _status(error: KitError) -> HTTPStatus:
    if isinstance(error, RoleUnknown):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, RequestError):
        return HTTPStatus.BAD_REQUEST
    refused = isinstance(error, (TokenRefused, TokenMissing, NotAllowed, RoleNotGranted, AwsError, MfaError))
    passes = any(word in error.message for word in _LATER)
    return HTTPStatus.FORBIDDEN if refused and not passes else HTTPStatus.SERVICE_UNAVAILABLE


def _unknown_end() -> datetime:
    return clock.now() + UNKNOWN_LIFE
