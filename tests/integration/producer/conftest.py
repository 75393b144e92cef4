"""A spec of the test's own, on mounts of its own, and the producer run on it as a person would."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
import yaml

from producer.cli import main
from vault_aws_kit import vault as transport
from vault_aws_kit.vault import Request

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"},
        {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::*:user/${aws:username}"},
    ],
}


@dataclass(frozen=True)
class Run:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def content(unique) -> dict[str, Any]:
    """A small spec as a mapping: tests change it, and write it with `spec`."""
    return {
        "version": 1,
        "name": unique,
        "engines": [
            {"name": "main", "mount": f"aws-{unique}", "region": "eu-west-1", "lease": {"default": "15m", "max": "1h"}}
        ],
        "roles": [
            {
                "name": "net",
                "type": "assumed_role",
                "role_arns": ["arn:aws:iam::123456789012:role/net"],
                "ttl": {"default": "30m", "max": "1h"},
                "policy_document": POLICY,
            },
            {"name": "app", "type": "iam_user", "policy_document": POLICY},
        ],
        "teams": [
            {"name": "web", "roles": ["*"], "auth": [{"method": "approle", "mount": f"approle-{unique}"}]},
        ],
    }


@pytest.fixture
def spec(tmp_path) -> Callable[[dict[str, Any]], Path]:
    """Writes a spec's file."""

    def write(content: dict[str, Any]) -> Path:
        path = tmp_path / "vault-aws.yaml"
        path.write_text(yaml.safe_dump(content))
        return path

    return write


@pytest.fixture
def as_admin(stack, monkeypatch) -> None:
    """The stack's environment: Vault's address and root token, the AWS endpoint and its admin's keys."""
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def producer(as_admin, unique, spec, content, capfd) -> Callable[..., Run]:
    """Runs `producer VERB …` on the spec that `content` is at that moment, with a catalog mount of its own."""

    def run(*argv: str) -> Run:
        capfd.readouterr()
        verb, *rest = argv
        code = main([verb, "--spec", str(spec(content)), "--catalog-mount", f"catalog-{unique}", *rest])
        said = capfd.readouterr()
        return Run(code, said.out, said.err)

    return run


@pytest.fixture
def sent(monkeypatch) -> list[Request]:
    """Every request that the kit sends to Vault, as it is sent."""
    requests: list[Request] = []
    send = transport.Vault._send

    def spy(self: transport.Vault, request: Request, wrap_ttl: str = "") -> Any:
        requests.append(request)
        return send(self, request, wrap_ttl)

    monkeypatch.setattr(transport.Vault, "_send", spy)
    return requests


class Killed(BaseException):
    """Stands for a process that is no more: nothing catches it."""


@pytest.fixture
def killed(producer, monkeypatch) -> Callable[..., bool]:
    """Runs the producer and kills it before one of its writes, counted from 0; False if it ended before that one."""
    send = transport.Vault._send

    def run(fatal: int, *argv: str) -> bool:
        writes = 0

        def deadly(self: transport.Vault, request: Request, wrap_ttl: str = "") -> Any:
            nonlocal writes
            writes += request.operation in ("update", "delete")
            if writes > fatal and request.operation in ("update", "delete"):
                raise Killed
            return send(self, request, wrap_ttl)

        with monkeypatch.context() as patch:
            patch.setattr(transport.Vault, "_send", deadly)
            try:
                producer(*argv)
            except Killed:
                return True
        return False

    return run


class Door:
    """A door in front of the real server: what comes in and what goes out can be changed on the way."""

    def __init__(self, server: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._pass(b"")

            def do_POST(self) -> None:
                self._pass(door.written(self.path, self.rfile.read(int(self.headers["Content-Length"] or 0))))

            do_DELETE = do_LIST = do_GET  # noqa: N815 - the standard library's names

            def _pass(self, body: bytes) -> None:
                headers = {name: value for name, value in self.headers.items() if name != "Content-Length"}
                answer = door._session.request(self.command, f"{server}{self.path}", headers=headers, data=body)
                status, text = door.answered(self.path, answer)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._session.close()

    def written(self, path: str, body: bytes) -> bytes:
        """What the server gets instead of a body."""
        return body

    def answered(self, path: str, answer: requests.Response) -> tuple[int, bytes]:
        """What the client gets instead of an answer."""
        return answer.status_code, answer.content


@pytest.fixture
def between(as_admin, stack, monkeypatch) -> Iterator[Door]:
    """The producer comes through it, `vault` doesn't: a test puts its own `answered` or `written` in."""
    opened = Door(stack.vault_addr)
    monkeypatch.setenv("VAULT_ADDR", opened.address)
    yield opened
    opened.close()


class OldEngine(Door):
    """The real server with an engine as it was before Vault 1.16: a door that takes from it what it didn't have.

    What it hides, drops and replaces is what engines of Vault 1.2 to 1.18 do, seen in them and in their sources.
    """

    lacks = frozenset({
        "mfa_serial_number", "session_tags", "external_id", "static-roles", "role_arn", "identity_token_audience",
        "identity_token_ttl", "sts_region", "sts_fallback_endpoints", "sts_fallback_regions", "rotation_period",
        "rotation_schedule", "rotation_window", "disable_automated_rotation",
    })  # fmt: skip
    reset: ClassVar = {"access_key": "", "secret_key": "", "iam_endpoint": "", "sts_endpoint": "", "max_retries": -1}
    honest = True
    """Whether its help lists no more than it knows."""

    def written(self, path: str, body: bytes) -> bytes:
        """A body without what the engine doesn't know; a root config is replaced, not merged."""
        if not re.search(r"/(roles/|config/root$)", path):
            return body
        known = {name: value for name, value in json.loads(body or b"{}").items() if name not in self.lacks}
        return json.dumps({**(self.reset if path.endswith("/config/root") else {}), **known}).encode()

    def answered(self, path: str, answer: requests.Response) -> tuple[int, bytes]:
        if "static-roles" in self.lacks and "/static-roles" in path:
            return 404, b'{"errors":[]}'
        if not path.endswith("?help=1"):
            return answer.status_code, answer.content
        said = answer.json()
        lines = (said.get("help") or "").splitlines(keepends=True)
        if self.honest:
            lines = [line for line in lines if line.strip().partition(" (")[0] not in self.lacks]
        for found in (said.get("openapi") or {}).get("paths", {}).values():
            found.pop("x-vault-createSupported", None)
        return answer.status_code, json.dumps({**said, "help": "".join(lines)}).encode()


@pytest.fixture
def old_engine(as_admin, stack, monkeypatch) -> Iterator[OldEngine]:
    """The producer meets an engine of long ago; `vault` still sees the real one."""
    old = OldEngine(stack.vault_addr)
    monkeypatch.setenv("VAULT_ADDR", old.address)
    yield old
    old.close()
