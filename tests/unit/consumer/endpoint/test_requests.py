"""Reading a request, and the gate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.endpoint.requests import Gate, Malformed, parse

GATE = Gate.at(8080, "the-token")
HEAD = b"GET /app HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: the-token"


def refused(head: bytes) -> int | None:
    answer = GATE.refusal(parse(head))
    return int(answer.split(b" ")[1]) if answer else None


def test_a_request_as_sdks_send_it_is_let_in():
    assert refused(HEAD + b"\r\nAccept: application/json\r\nUser-Agent: aws") is None


def test_names_of_headers_are_read_in_any_case_and_spaces_around_values_are_none_of_theirs():
    assert refused(b"GET /app HTTP/1.1\r\nHOST:127.0.0.1:8080\r\nauthorization:   the-token \t") is None


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (HEAD.replace(b"127.0.0.1", b"evil.example"), 403),
        (HEAD.replace(b":8080", b":8081"), 403),
        (HEAD.replace(b"Host", b"X-Host"), 403),
        (HEAD.replace(b"the-token", b"The-token"), 401),
        (HEAD.replace(b"Authorization", b"X-Authorization"), 401),
        (HEAD.replace(b"GET", b"POST"), 405),
        (HEAD.replace(b"GET", b"get"), 405),
    ],
)
def test_everything_else_is_refused(head, status):
    assert refused(head) == status


def test_a_stranger_learns_nothing_but_that_the_token_is_wrong():
    """Neither which methods there are nor which paths."""
    assert refused(HEAD.replace(b"the-token", b"x").replace(b"GET", b"POST")) == 401


@pytest.mark.parametrize(
    "line", [b"Host: other", b"Authorization: other", b"no colon", b"Content-Length: 1", b"Transfer-Encoding: chunked"]
)
def test_what_could_be_read_in_two_ways_is_malformed(line):
    with pytest.raises(Malformed):
        parse(HEAD + b"\r\n" + line)


@pytest.mark.parametrize(
    ("head", "closes"),
    [
        (HEAD, False),
        (HEAD + b"\r\nConnection: keep-alive", False),
        (HEAD + b"\r\nConnection: Close", True),
        (HEAD.replace(b"HTTP/1.1", b"HTTP/1.0"), True),
    ],
)
def test_whether_the_connection_stays_open_is_the_clients_wish(head, closes):
    assert parse(head).closes is closes


@given(st.binary(max_size=300))
def test_whatever_comes_is_a_request_or_malformed(head):
    try:
        request = parse(head)
    except Malformed:
        return
    assert GATE.refusal(request)
