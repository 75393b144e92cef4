"""What is asked, and whether it may be: a request's head, read without more of HTTP than an SDK speaks."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple, Self

from consumer.endpoint import answers

LONGEST_HEAD = 16 * 1024


class Malformed(Exception):
    """No request that HTTP/1 knows, or one that carries a body."""


class Request(NamedTuple):
    """`host` and `authorization` are b'' where there is none; `closes`: the client sends no other after it."""

    method: bytes
    path: bytes
    host: bytes
    authorization: bytes
    closes: bool


def parse(head: bytes) -> Request:
    """A request from its head, without the empty line that ends it. Raises Malformed."""
    first, *lines = head.split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or words[2] not in (b"HTTP/1.1", b"HTTP/1.0"):  # noqa: PLR2004 - method, path, version
        raise Malformed
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or (name in headers and name in (b"host", b"authorization")):
            raise Malformed
        headers[name] = value.strip()
    if headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers:
        raise Malformed
    closes = words[2] == b"HTTP/1.0" or headers.get(b"connection", b"").lower() == b"close"
    return Request(words[0], words[1], headers.get(b"host", b""), headers.get(b"authorization", b""), closes)


@dataclass(frozen=True)
class Gate:
    """Who is let in: programs of this machine that have the token, and no web page by way of somebody's browser."""

    token: bytes
    hosts: frozenset[bytes]

    @classmethod
    def at(cls, port: int, token: str) -> Self:
        """The gate of a server on this port of loopback."""
        return cls(token.encode(), frozenset(f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost")))

    def refusal(self, request: Request) -> bytes | None:
        """The answer for a request that may not be asked, None for one that may.

        A web page can have its own host's name point to loopback (DNS rebinding), but the browser then sends that name.
        """
        if request.host.lower() not in self.hosts:
            return answers.refusal(HTTPStatus.FORBIDDEN, "HostNotAllowed", "This is served to loopback addresses only.")
        if not hmac.compare_digest(request.authorization, self.token):
            return answers.refusal(
                HTTPStatus.UNAUTHORIZED, "Unauthorized",
                "The authorization token is wrong or missing: see AWS_CONTAINER_AUTHORIZATION_TOKEN(_FILE).",
            )  # fmt: skip
        if request.method != b"GET":
            return answers.refusal(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", "There is nothing but GET.")
        return None
