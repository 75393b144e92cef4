"""How long credentials live, by all that servers of several versions say, or don't."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consumer.codes.choice import Wanted
from consumer.issue import Parameters, issue, revoke
from consumer.token import TokenInfo
from vault_aws_kit import clock
from vault_aws_kit.contract import RoleEntry
from vault_aws_kit.errors import ParameterNotForRole, RevokeFailed, VaultFailed, VaultUnreachable
from vault_aws_kit.vault import Answer

STS = RoleEntry("net", "main", "aws", "assumed_role", "eu-west-1", 1800, 0, ("arn:aws:iam::1:role/net",))
USER = RoleEntry("app", "main", "aws", "iam_user", "eu-west-1", 900, 3600)
SESSION = {"access_key": "ASIA", "secret_key": "s", "security_token": "t"}
KEY = {"access_key": "AKIA", "secret_key": "s", "session_token": None}


class Server:
    """Gives one answer to everything, or fails some times first. What a real one answers is tested elsewhere."""

    def __init__(self, answer: Answer | None = None, failures=()) -> None:
        self.answer, self.failures, self.bodies, self.requests = answer, list(failures), [], []

    def help(self, path):
        return None

    def ask(self, request):
        self.bodies.append(request.body)
        self.requests.append(request)
        return self.answer

    def write(self, path, body=None):
        self.bodies.append(body)
        if self.failures:
            raise self.failures.pop(0)


def seconds(server: Server, role: RoleEntry, asked=None, token=None) -> float:
    found = issue(server, token or TokenInfo(("p",)), role, asked or Parameters())
    return round((found.expires - clock.now()).total_seconds())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(SESSION, lease_duration=1200), 1200),
        (Answer({**SESSION, "ttl": 1199}, lease_duration=1200), 1199),
        (Answer({**SESSION, "ttl": 1300}, lease_duration=0), 1300),
        (Answer(SESSION, lease_duration=0), 1800),
    ],
)
def test_a_session_ends_with_the_first_of_what_is_known(answer, expected):
    assert seconds(Server(answer), STS) == expected


def test_a_session_of_which_nothing_is_known_is_taken_for_the_shortest():
    role = RoleEntry("x", "main", "aws", "federation_token", "", 0, 0)
    assert seconds(Server(Answer(SESSION)), role) == 900
    assert seconds(Server(Answer(SESSION)), role, Parameters(ttl=1000)) == 1000


def test_a_key_ends_with_its_lease_or_with_the_token_whichever_is_first():
    soon = TokenInfo(("p",), clock.now() + timedelta(seconds=60))
    late = TokenInfo(("p",), clock.now() + timedelta(seconds=6000))
    assert seconds(Server(Answer(KEY, lease_duration=900)), USER, token=late) == 900
    assert seconds(Server(Answer(KEY, lease_duration=900)), USER, token=soon) == 60


@pytest.mark.parametrize("name", ["session_token", "security_token"])
def test_both_names_of_the_session_token_are_read(name):
    data = {"access_key": "ASIA", "secret_key": "s", name: "the-token"}
    assert issue(Server(Answer(data)), TokenInfo(()), STS, Parameters()).session_token == "the-token"


def test_a_read_is_enough_where_nothing_is_asked_beyond_the_role():
    server = Server(Answer(SESSION))
    issue(server, TokenInfo(()), STS, Parameters(region="eu-west-2"))
    assert server.bodies == [None]


def test_an_answer_without_credentials_is_no_success():
    with pytest.raises(VaultFailed, match="holds no credentials"):
        issue(Server(Answer({"value": "x"})), TokenInfo(()), STS, Parameters())


def test_revoking_waits_for_vault_to_have_done_it():
    server = Server()
    revoke(server, "aws/creds/app/1")
    assert server.bodies == [{"lease_id": "aws/creds/app/1", "sync": True}]


def test_revoking_tries_again_where_vault_fails_for_a_while():
    server = Server(failures=[VaultUnreachable("…"), VaultFailed("…")])
    revoke(server, "aws/creds/app/1", pauses=(0, 0))
    assert len(server.bodies) == 3


def test_revoking_gives_up_in_the_end_and_names_the_lease():
    with pytest.raises(RevokeFailed, match="aws/creds/app/1"):
        revoke(Server(failures=[VaultUnreachable("…")] * 9), "aws/creds/app/1", pauses=(0, 0))


@pytest.mark.parametrize("name", ["a b", "x", "a;$(id)", "a\n", "ü" * 5, "n" * 65])
def test_a_session_name_that_aws_would_not_take_is_refused_before_anybody_is_asked(name):
    server = Server(Answer(SESSION))
    with pytest.raises(ParameterNotForRole, match="session name"):
        issue(server, TokenInfo(("p",)), STS, Parameters(session_name=name))
    assert not server.bodies


def test_a_code_is_good_once_so_what_sends_one_is_not_sent_again():
    server = Server(Answer(SESSION))
    role = RoleEntry("mfa", "main", "aws", "session_token", "", 0, 0, (), "arn:aws:iam::1:mfa/x")
    issue(server, TokenInfo(("p",)), role, Parameters(codes=Wanted("123456")))
    assert [(dict(request.body), request.repeatable) for request in server.requests] == [
        ({"mfa_code": "123456"}, False)
    ]
