"""Trying again: what a busy Vault or a change of its leader costs, and what must never be sent twice."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from vault_aws_kit.errors import VaultFailed, VaultUnreachable
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Request, Vault


class Between:
    """A server between the kit and Vault: `faults` are answered before anything is passed on."""

    def __init__(self, upstream: str) -> None:
        self.faults: list[int | str] = []
        self.passed: list[str] = []
        between = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if between.faults:
                    fault = between.faults.pop(0)
                    if fault == "cut after":
                        between.forward(self, body)
                    if isinstance(fault, str):
                        self.connection.close()
                        return
                    self.reply(fault, b'{"errors":["busy"]}')
                    return
                self.reply(*between.forward(self, body))

            def reply(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_LIST = answer  # noqa: N815

            def log_message(self, *args) -> None:
                pass

        self.upstream = upstream
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        self.passed.append(handler.path)
        headers = {"X-Vault-Token": handler.headers["X-Vault-Token"]}
        answer = requests.request(handler.command, self.upstream + handler.path, data=body, headers=headers, timeout=30)
        return answer.status_code, answer.content


@pytest.fixture
def between(stack):
    made = Between(stack.vault_addr)
    made.thread.start()
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


@pytest.fixture
def patient(between, stack):
    address = f"http://127.0.0.1:{between.server.server_port}"
    with Vault(VaultSettings(address=address), stack.vault_token, patience=20) as vault:
        yield vault


WRITE = Request("update", "sys/policies/acl/patience", {"policy": 'path "x" { capabilities = ["read"] }'})
ONCE = Request("update", "auth/token/create", {"ttl": "1m"}, repeatable=False)


@pytest.mark.parametrize("fault", [412, 429, 502, 503, 504, "cut", "cut after"])
def test_a_write_that_may_be_repeated_is_tried_until_it_goes_well(between, patient, fault):
    between.faults = [fault, fault]
    patient.tell(WRITE)
    assert between.faults == []


@pytest.mark.parametrize("fault", [412, 429])
def test_what_vault_did_not_carry_out_may_always_be_sent_again(between, patient, fault):
    between.faults = [fault]
    patient.tell(ONCE)
    assert between.passed == ["/v1/auth/token/create"]


@pytest.mark.parametrize("fault", [502, 503, 504, "cut", "cut after"])
def test_what_makes_something_is_never_sent_twice(between, patient, fault):
    between.faults = [fault]
    with pytest.raises((VaultFailed, VaultUnreachable)):
        patient.tell(ONCE)
    assert between.faults == []
    assert len(between.passed) <= 1


def test_without_patience_nothing_is_tried_twice(between, stack):
    address = f"http://127.0.0.1:{between.server.server_port}"
    with Vault(VaultSettings(address=address), stack.vault_token) as vault:
        between.faults = [503, 503]
        with pytest.raises(VaultFailed):
            vault.tell(WRITE)
        assert between.faults == [503]
