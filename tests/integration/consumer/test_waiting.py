"""A new IAM user's key is given once AWS accepts it: AWS here is the real endpoint, with refusals put before it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from consumer import propagation
from consumer.cache import Store
from consumer.issue import Parameters
from consumer.obtain import obtain
from consumer.sources.vault_role import VaultRole
from vault_aws_kit.errors import EXEC_FAILED, KeyNotAccepted
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault

from .conftest import CONSUMER

REFUSAL = (
    b'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
    b"<Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message>"
    b"</Error></ErrorResponse>"
)


class SlowAws:
    """STS that doesn't know a key at first: True in `answers` is the real answer, False a refusal; then `then`."""

    def __init__(self, stack) -> None:
        self.answers: list[bool] = []
        self.then = True
        self.asked: list[str] = []
        self.first_asked = threading.Event()
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                slow.asked.append(self.headers["Authorization"])
                slow.first_asked.set()
                status, content = 403, REFUSAL
                if slow.answers.pop(0) if slow.answers else slow.then:
                    status, content = slow.really(self, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self._stack = stack
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def really(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        headers = {name: handler.headers[name] for name in ("Authorization", "X-Amz-Date", "Content-Type")}
        found = requests.post(
            "https://sts.eu-west-1.amazonaws.com/", data=body, headers=headers, timeout=30,
            proxies={"https": self._stack.env["HTTPS_PROXY"]}, verify=self._stack.env["AWS_CA_BUNDLE"],
        )  # fmt: skip
        return found.status_code, found.content

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def slow_aws(stack, monkeypatch) -> Iterator[SlowAws]:
    made = SlowAws(stack)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", made.address)
    monkeypatch.setattr(propagation, "PAUSE", 0.0)
    yield made
    made.close()


def test_a_key_is_given_once_aws_accepts_it_five_times_in_a_row(creds, slow_aws):
    slow_aws.answers = [False, False, True, True, False]
    found = creds("app", "--wait-for-iam", "1m")
    assert len(slow_aws.asked) == 5 + propagation.IN_A_ROW
    assert all(f"Credential={found['access_key_id']}/" in asked for asked in slow_aws.asked)


@pytest.mark.parametrize(("given", "region"), [((), "eu-west-1"), (("--region", "eu-central-1"), "eu-central-1")])
def test_aws_is_asked_in_the_region_that_was_chosen(creds, slow_aws, given, region):
    creds("app", "--wait-for-iam", "1m", *given)
    assert f"/{region}/sts/" in slow_aws.asked[0]


def test_a_cached_key_that_was_accepted_is_not_tried_again(creds, slow_aws):
    first = creds("app", "--wait-for-iam", "1m")
    slow_aws.asked.clear()
    assert creds("app", "--wait-for-iam", "1m") == first
    assert slow_aws.asked == []


def test_a_cached_key_that_nobody_waited_for_is_tried_first(creds, slow_aws):
    first = creds("app")
    assert slow_aws.asked == []
    assert creds("app", "--wait-for-iam", "1m") == first
    assert len(slow_aws.asked) == propagation.IN_A_ROW


def test_a_session_is_good_at_once(creds, slow_aws):
    creds("net", "--wait-for-iam", "1m")
    assert slow_aws.asked == []


@pytest.mark.parametrize("kept", [(), ("--no-cache",)])
def test_a_key_that_aws_does_not_accept_in_time_is_revoked(
    consumer, as_team, slow_aws, admin, engine, kept, monkeypatch
):
    slow_aws.then = False
    real = propagation.time.monotonic
    monkeypatch.setattr(propagation.time, "monotonic", lambda: real() + 3 * len(slow_aws.asked))  # each try takes 3 s
    run = consumer("creds", "--role", "app", "--wait-for-iam", "20s", *kept)
    assert run.code == KeyNotAccepted.exit_code
    assert "AWS in eu-west-1 has not accepted key AKIA" in run.err
    assert "within 20s: InvalidClientTokenId" in run.err
    assert run.out == ""
    assert 1 < len(slow_aws.asked) < 10
    assert admin.names(f"sys/leases/lookup/{engine}/creds/app") == []
    slow_aws.then = True
    assert json.loads(consumer("creds", "--role", "app", "--wait-for-iam", "20s", "--format", "json", *kept).out)


def test_an_aws_that_is_not_there_is_told_as_such(consumer, as_team, slow_aws, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    run = consumer("creds", "--role", "app", "--wait-for-iam", "1s")
    assert run.code == KeyNotAccepted.exit_code
    assert "Could not connect" in run.err
    assert "HTTPS_PROXY" in run.err


def test_the_users_own_profile_has_no_part_in_it(creds, slow_aws, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    assert creds("app", "--wait-for-iam", "1m")


def test_who_does_not_wait_is_not_held_up_by_who_does(as_team, slow_aws, catalog_mount, stack):
    with Vault(VaultSettings(address=stack.vault_addr), os.environ["VAULT_TOKEN"]) as vault:
        source = VaultRole(vault, "app", Parameters(), "", catalog_mount)
        store, meanwhile = Store.of_user(source.secret), []

        def another_asks(_: str) -> None:
            meanwhile.append(obtain(source, store))
            slow_aws.then = True

        slow_aws.then = False
        waited = obtain(source, store, wait=60, step=another_asks)
    assert (waited.accepted, waited.cached) == (True, False)
    assert {found.credentials for found in meanwhile} == {waited.credentials}
    assert not meanwhile[0].accepted


@pytest.fixture
def command(as_team, catalog_mount) -> Callable[..., list[str]]:
    """The command line of `consumer exec`, which is a process of its own: it waits for signals, as no test may."""
    return lambda wait, *program: [
        *CONSUMER, "exec", "--catalog-mount", catalog_mount, "--role", "app", "--wait-for-iam", wait, "--", *program
    ]  # fmt: skip


def test_a_command_starts_once_its_key_is_accepted(command, slow_aws):
    slow_aws.answers = [False]
    run = subprocess.run(
        command("1m", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"), capture_output=True, text=True, check=True, timeout=60
    )
    assert len(slow_aws.asked) == 1 + propagation.IN_A_ROW
    assert f"Credential={run.stdout.strip()}/" in slow_aws.asked[0]


def test_a_command_whose_key_is_not_accepted_is_not_run_and_the_key_is_gone(command, slow_aws, admin, engine, tmp_path):
    slow_aws.then = False
    run = subprocess.run(
        command("1s", "touch", str(tmp_path / "ran")), capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == EXEC_FAILED
    assert "InvalidClientTokenId" in run.stderr
    assert not (tmp_path / "ran").exists()
    assert admin.names(f"sys/leases/lookup/{engine}/creds/app") == []


def test_a_signal_ends_the_waiting_for_a_command(command, slow_aws, admin, engine, tmp_path):
    slow_aws.then = False
    with subprocess.Popen(command("1h", "touch", str(tmp_path / "ran"))) as waiting:
        slow_aws.first_asked.wait(60)
        waiting.terminate()
    assert waiting.returncode == 128 + signal.SIGTERM
    assert not (tmp_path / "ran").exists()
    assert admin.names(f"sys/leases/lookup/{engine}/creds/app") == []


def test_an_endpoint_serves_a_key_once_it_is_accepted(as_team, slow_aws, catalog_mount):
    slow_aws.answers = [False]
    argv = [*CONSUMER, "serve", "--catalog-mount", catalog_mount, "--role", "app", "--wait-for-iam", "1m"]
    with subprocess.Popen([*argv, "--format", "json"], stdout=subprocess.PIPE, text=True) as server:
        ready = server.stdout.readline()
        asked = len(slow_aws.asked)
        server.terminate()
    assert json.loads(ready)["roles"]
    assert asked == 1 + propagation.IN_A_ROW
    assert server.returncode == 0
