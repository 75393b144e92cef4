"""`consumer serve`: who is let in, what is answered, and what becomes of it while Vault, time and people do as they like."""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from vault_aws_kit.errors import (
    OutputNotWritable,
    PortTaken,
    RevokeFailed,
    RoleAmbiguous,
    RoleArnNeeded,
    RoleNotGranted,
    RoleUnknown,
)

from .conftest import CONSUMER, OTHER_NET, leases, until

WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, str]


class Server:
    """A running `consumer serve`, and the line that it printed once it was ready."""

    def __init__(self, process: subprocess.Popen[str], said: Path) -> None:
        self.process = process
        self._said = said
        self.line = process.stdout.readline()

    @property
    def err(self) -> str:
        return self._said.read_text()

    @property
    def ready(self) -> dict[str, Any]:
        assert self.line, self.err
        return json.loads(self.line)

    @property
    def port(self) -> int:
        return urlsplit(next(iter(self.ready["roles"].values()))).port

    @property
    def token(self) -> str:
        return Path(self.ready["token_file"]).read_text()

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask as an SDK does; a header that is given as '' is left out."""
        given = {"Authorization": self.token, **headers}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, headers={name: value for name, value in given.items() if value})
            answer = connection.getresponse()
            text = answer.read()
            return Answer(answer.status, json.loads(text) if text else {})
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """All that is answered to these bytes, until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(data)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def request(self, path: str, *more: str) -> bytes:
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Authorization: {self.token}", *more]
        return "\r\n".join([*lines, "", ""]).encode()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def serve(as_team, catalog_mount, tmp_path) -> Callable[..., Server]:
    """Starts `consumer serve`, and returns once it is ready or has ended."""
    started = []

    def start(*argv: str, output: str = "json") -> Server:
        said = tmp_path / f"said-{len(started)}"
        with said.open("w") as err:
            process = subprocess.Popen(
                [*CONSUMER, "serve", "--catalog-mount", catalog_mount, "--format", output, *argv],
                stdout=subprocess.PIPE, stderr=err, text=True,
            )  # fmt: skip
        started.append(process)
        return Server(process, said)

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait(60)
        process.stdout.close()


def as_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


# ── what is answered ────────────────────────────────────────────────────────────────────────────


def test_an_iam_users_key_is_known_to_aws_and_has_what_every_sdk_asks_for(serve, aws):
    body = serve("--role", "app").get("/app").body
    assert aws.owner_of(body["AccessKeyId"])
    assert body["Token"] == ""
    assert as_time(body["Expiration"]) > datetime.now(UTC)


def test_a_session_is_answered_whole(serve, aws):
    body = serve("--role", "net").get("/net").body
    key = (body["AccessKeyId"], body["SecretAccessKey"], body["Token"])
    assert ":assumed-role/net/" in aws.client("sts", *key).get_caller_identity()["Arn"]


def test_boto3_gets_credentials_by_the_line_that_is_printed_for_a_shell(serve, aws_environment):
    """Whatever else would win is unset by it."""
    server = serve("--role", "net", output="env")
    assert server.line.count("\n") == 1
    script = f"{server.line}{shlex.quote(sys.executable)} -c {shlex.quote(WHO)}"
    stale = {"AWS_ACCESS_KEY_ID": "stale", "AWS_SECRET_ACCESS_KEY": "stale", "AWS_PROFILE": "stale"}
    done = subprocess.run(
        ["sh", "-ec", script], env={**aws_environment, **stale}, capture_output=True, text=True, check=False
    )
    assert ":assumed-role/net/" in done.stdout, done.stderr


def test_without_a_role_all_of_the_teams_are_served_and_got_only_when_somebody_asks(serve, admin, engine):
    server = serve()
    assert set(server.ready["roles"]) == {"app", "fed", "net", "nets"}
    assert leases(admin, engine, "app") == []
    assert server.get("/app").status == 200
    assert len(leases(admin, engine, "app")) == 1


def test_roles_of_one_name_are_told_apart_by_their_engines(serve, as_team, roles):
    as_team.publish(roles["app"], replace(roles["app"], engine="second", mount="aws-second"))
    server = serve()
    assert set(server.ready["roles"]) == {"main/app", "second/app"}
    assert server.get("/main/app").status == 200
    assert server.get("/app").status == 404


def test_a_role_that_is_named_twice_is_served_once(serve, admin, engine):
    server = serve("--role", "app", "--role", "main/app")
    assert set(server.ready["roles"]) == {"app"}
    assert len(leases(admin, engine, "app")) == 1


def test_two_roles_that_would_have_one_path_are_an_error_at_once(serve, as_team, roles):
    as_team.publish(roles["app"], replace(roles["app"], mount="aws-second"))
    server = serve()
    assert server.process.wait(60) == RoleAmbiguous.exit_code
    assert "--team" in server.err


def test_parameters_reach_the_roles_that_take_them(serve):
    server = serve("--ttl", "20m", "--role", "net", "--role", "app")
    left = [as_time(server.get(path).body["Expiration"]) - datetime.now(UTC) for path in ("/net", "/app")]
    assert 900 < left[0].total_seconds() <= 1200
    assert left[1].total_seconds() <= 900


def test_an_aws_role_that_none_of_them_has_is_an_error_at_once(serve):
    server = serve("--role-arn", "arn:aws:iam::111122223333:role/none")
    assert server.process.wait(60) == RoleArnNeeded.exit_code


def test_an_aws_role_is_asked_of_the_roles_that_have_it(serve, aws):
    body = serve("--role-arn", OTHER_NET).get("/nets").body
    key = (body["AccessKeyId"], body["SecretAccessKey"], body["Token"])
    assert aws.client("sts", *key).get_caller_identity()["Account"] == "444455556666"


def test_a_path_may_be_percent_encoded(serve):
    assert serve("--role", "app").get("/main%2Fapp").status == 200


# ── who is let in ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def server(serve) -> Server:
    return serve("--role", "app")


@pytest.mark.parametrize("token", ["", "wrong", "Bearer {}", "{}x", "\xe9"])
def test_without_the_token_nothing_is_given(server, token):
    answer = server.get("/app", Authorization=token.format(server.token))
    assert (answer.status, answer.body["Code"]) == (401, "Unauthorized")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{}"]
)
def test_a_web_page_whose_name_points_here_is_refused(server, host):
    assert server.get("/app", Host=host.format(server.port)).status == 403


@pytest.mark.parametrize("host", ["localhost:{}", "LOCALHOST:{}", "127.0.0.1:{}"])
def test_loopbacks_own_names_are_let_in(server, host):
    assert server.get("/app", Host=host.format(server.port)).status == 200


def test_only_loopback_listens(server):
    """127.0.0.2 would answer if it listened on every address of this machine."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=60)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_there_is_nothing_but_get(server, method):
    assert server.get("/app", method).status == 405


def test_an_unknown_role_is_404_and_the_others_are_named(server):
    answer = server.get("/nothing")
    assert answer.status == 404
    assert answer.body["Code"] == "RoleUnknown"
    assert "/app" in answer.body["Message"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /app HTTP/2.0\r\n\r\n", b"400"),
        (b"GET /app HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
        (b"GET /app HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", b"400"),
        (b"GET /app HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
        (b"GET /app HTTP/1.1\r\nX: " + b"x" * 20000 + b"\r\n\r\n", b"431"),
        (b"x" * 20000, b"431"),
        (b"\x16\x03\x01\r\n\r\n", b"400"),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(server, data, status):
    assert server.raw(data).split(b" ")[1] == status


def test_requests_on_one_connection_are_answered_in_order_also_those_that_must_wait(serve):
    server = serve()
    said = server.raw(server.request("/nothing") + server.request("/fed") + server.request("/fed", "Connection: close"))
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"404", b"200", b"200"]
    assert said.count(b"Connection: close") == 1


def test_a_request_may_come_in_pieces(server):
    data = server.request("/app", "Connection: close")
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for cut in range(0, len(data), 7):
            connection.sendall(data[cut : cut + 7])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


# ── one request for all, and fresh ones in time ─────────────────────────────────────────────────


def test_many_who_ask_at_once_make_one_lease(serve, admin, engine):
    server = serve()
    with ThreadPoolExecutor(50) as pool:
        keys = {answer.body["AccessKeyId"] for answer in pool.map(server.get, ["/app"] * 50)}
    assert len(keys) == 1
    assert len(leases(admin, engine, "app")) == 1


def test_credentials_are_replaced_before_they_end_and_never_served_after_it(serve, admin, engine):
    """Their lease can't be renewed past 6 seconds: three keys make three lifetimes."""
    admin.write(f"{engine}/config/lease", {"lease": "6s", "lease_max": "6s"})
    server = serve("--role", "app")
    keys = set()

    def third() -> bool:
        asked = datetime.now(UTC)
        body = server.get("/app").body
        assert as_time(body["Expiration"]) > asked
        keys.add(body["AccessKeyId"])
        return len(keys) == 3

    until(third, "third key")


def test_a_lease_that_can_be_renewed_is_so_that_the_key_stays(serve, admin, engine):
    admin.write(f"{engine}/config/lease", {"lease": "12s", "lease_max": "1h"})
    server = serve("--role", "app")
    first = server.get("/app").body
    later = until(
        lambda: (body := server.get("/app").body)["Expiration"] != first["Expiration"] and body, "renewed lease"
    )
    assert later["AccessKeyId"] == first["AccessKeyId"]
    assert len(leases(admin, engine, "app")) == 1


def test_what_nobody_asks_for_is_not_renewed(serve, admin, engine):
    admin.write(f"{engine}/config/lease", {"lease": "3s", "lease_max": "1h"})
    server = serve("--role", "app", "--role", "net")
    until(lambda: leases(admin, engine, "app") == [], "end of the lease")
    assert server.get("/net").status == 200
    assert leases(admin, engine, "app") == []
    assert server.get("/app").status == 200


def test_the_token_is_renewed_ahead_of_its_end(serve, team, admin, monkeypatch):
    team.tune(token_ttl="12s", token_max_ttl="1h")
    monkeypatch.setenv("VAULT_TOKEN", token := team.token())
    serve("--role", "net")
    ask = {"token": token}
    until(lambda: admin.write("auth/token/lookup", ask).data.get("last_renewal"), "renewal of the token")


# ── what goes wrong meanwhile ───────────────────────────────────────────────────────────────────


def test_while_vault_is_away_good_credentials_are_served_and_others_are_503(serve, way, admin, engine):
    way.answer.set()
    admin.write(f"{engine}/config/lease", {"lease": "30s", "lease_max": "1h"})
    server = serve("--address", way.address)
    first = server.get("/app").body
    way.cut()
    until(lambda: server.get("/app").status == 200 and "served on" in server.err, "word of it")
    assert server.get("/app").body == first
    assert f"served on, until {first['Expiration']}" in server.err
    refused = server.get("/net")
    assert (refused.status, refused.body["Code"]) == (503, "VaultUnreachable")
    way.mend()
    until(lambda: server.get("/app").body["Expiration"] != first["Expiration"], "renewal after it came back")
    assert server.err.count("served on") == 1
    assert "could be had again" in server.err
    assert server.get("/net").status == 200


def test_a_role_that_is_not_granted_is_403_with_what_to_do(serve, as_team, roles):
    as_team.publish(*roles.values(), granted=(roles["app"],))
    answer = serve().get("/net")
    assert (answer.status, answer.body["Code"]) == (403, "RoleNotGranted")
    assert "ask the platform team" in answer.body["Message"]


def test_what_a_role_needs_to_be_told_is_400(serve):
    answer = serve().get("/nets")
    assert (answer.status, answer.body["Code"]) == (400, "RoleArnNeeded")
    assert "--role-arn" in answer.body["Message"]


def test_a_token_that_ended_is_403_until_somebody_logs_in_again(serve, team, admin, consumer_home, monkeypatch):
    monkeypatch.delenv("VAULT_TOKEN")
    kept = consumer_home / ".vault-token"
    kept.write_text(old := team.token())
    server = serve()
    admin.write("auth/token/revoke", {"token": old})
    refused = server.get("/net")
    assert (refused.status, refused.body["Code"]) == (403, "TokenRefused")
    assert "consumer login" in refused.body["Message"]
    kept.write_text(team.token())
    assert server.get("/net").status == 200
    assert "there is another now" in server.err


@pytest.mark.parametrize(("role", "error"), [("nothing", RoleUnknown), ("net", RoleNotGranted)])
def test_a_named_role_that_can_not_be_had_ends_it_at_once(serve, as_team, roles, role, error, admin, engine):
    as_team.publish(*roles.values(), granted=(roles["app"],))
    server = serve("--role", "app", "--role", role)
    assert server.line == ""
    assert server.process.wait(60) == error.exit_code
    assert leases(admin, engine, "app") == []


def test_a_port_that_is_taken_has_an_exit_code_of_its_own_and_costs_no_lease(serve, admin, engine):
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = serve("--role", "app", "--port", str(other.getsockname()[1]))
        assert server.process.wait(60) == PortTaken.exit_code
    assert "address already in use" in server.err
    assert "Revoked" not in server.err
    assert leases(admin, engine, "app") == []


def test_a_chosen_port_is_used_again_at_once(serve):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for _ in range(2):
        server = serve("--role", "app", "--port", str(port))
        assert server.port == port
        assert server.get("/app").status == 200
        assert server.end() == 0


# ── how it ends, and what it leaves ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_at_the_end_every_key_is_deleted_and_no_file_left(serve, aws, number):
    server = serve("--role", "app", "--role", "net")
    key = server.get("/app").body["AccessKeyId"]
    session = server.get("/net").body["AccessKeyId"]
    file = Path(server.ready["token_file"])
    assert server.end(number) == 0
    assert aws.owner_of(key) is None
    assert f"key {key} is deleted" in server.err
    assert f"Nobody can revoke an STS session: {session} lives on until" in server.err
    assert not file.parent.exists()


def test_what_is_still_being_fetched_at_the_end_is_given_back_too(serve, way, admin, engine):
    server = serve("--address", way.address)
    asking = threading.Thread(target=lambda: server.raw(server.request("/app", "Connection: close")))
    asking.start()
    assert way.asked.wait(60)
    server.process.send_signal(signal.SIGTERM)
    way.answer.set()
    assert server.process.wait(60) == 0
    asking.join(60)
    assert "Revoked lease" in server.err
    assert leases(admin, engine, "app") == []


def test_a_lease_that_can_not_be_revoked_is_named_and_has_an_exit_code(serve, as_team, admin, engine):
    policy = f"sys/policies/acl/{as_team.login.role}"
    hcl = admin.read(policy)["policy"]
    admin.write(policy, {"policy": hcl.replace("sys/leases/revoke", "sys/leases/no-more")})
    server = serve("--role", "app")
    assert server.end() == RevokeFailed.exit_code
    assert f"vault lease revoke {engine}/creds/app/" in server.err


def test_the_token_is_in_a_file_for_its_owner_alone(serve, tmp_path):
    file = tmp_path / "token"
    file.write_text("of a run that was killed")
    file.chmod(0o644)
    server = serve("--role", "app", "--token-file", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert server.ready["token_file"] == str(file)
    assert server.get("/app").status == 200
    server.end()
    assert not file.exists()


def test_a_token_file_that_can_not_be_written_is_an_error_and_leaves_no_lease(serve, admin, engine):
    server = serve("--role", "app", "--token-file", "/no/such/folder/token")
    assert server.process.wait(60) == OutputNotWritable.exit_code
    assert leases(admin, engine, "app") == []


def test_no_secret_is_said_or_in_an_argument(serve):
    server = serve("--role", "net")
    body = server.get("/net").body
    server.get("/net", Authorization="guess-51c2")
    secrets = {server.token, body["SecretAccessKey"], body["Token"], os.environ["VAULT_TOKEN"], "guess-51c2"}
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    server.end()
    said = server.line + server.err + listed
    assert [secret for secret in secrets if secret in said] == []


def test_for_a_person_the_line_says_where_it_serves(serve):
    server = serve("--role", "app", output="text")
    assert re.fullmatch(
        r"Serving http://127\.0\.0\.1:\d+/app, with the authorization token in /.+/token\n", server.line
    )


def test_a_shells_line_is_for_one_role(consumer, as_team):
    assert consumer("serve", "--format", "env").code == 64
