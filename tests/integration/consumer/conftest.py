"""A team of the test's own, written by hand as the producer would, and the consumer run as that team would run it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from consumer.cli import main
from vault_aws_kit import clock
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import LoginEntry, RoleEntry, TeamEntry, team_path, team_policy
from vault_aws_kit.templating import environment
from vault_aws_kit.vault import Request, Vault

from .people import as_person, mfa, person, place, session, vaults_codes  # noqa: F401 - fixtures

NET = "arn:aws:iam::111122223333:role/net"
OTHER_NET = "arn:aws:iam::444455556666:role/net"
CONSUMER = [sys.executable, "-c", "import sys; from consumer.cli import main; sys.exit(main())"]
DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*", "iam:GetUser"], "Resource": "*"}]}
)


@dataclass(frozen=True)
class Run:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Team:
    """A team in Vault: its catalog entry, its ACL policy and its AppRole, as design and producer make them."""

    admin: Vault
    entry: TeamEntry
    catalog_mount: str
    role_id: str

    @property
    def login(self) -> LoginEntry:
        return self.entry.logins[0]

    def secret_id(self, wrap_ttl: str = "") -> str:
        """A fresh secret_id, or the token that wraps it."""
        answer = self.admin.write(f"auth/{self.login.mount}/role/{self.login.role}/secret-id", wrap_ttl=wrap_ttl)
        return str((answer.wrap_info or {})["token"] if wrap_ttl else answer.data["secret_id"])

    def token(self) -> str:
        body = {"role_id": self.role_id, "secret_id": self.secret_id()}
        return str((self.admin.write(f"auth/{self.login.mount}/login", body).auth or {})["client_token"])

    def tune(self, **settings: Any) -> None:
        """Change the AppRole's settings, as token_ttl."""
        self.admin.write(f"auth/{self.login.mount}/role/{self.login.role}", settings)

    def publish(self, *roles: RoleEntry, granted: tuple[RoleEntry, ...] | None = None) -> Team:
        """Write the catalog's entry and the policy anew; `granted` is what the policy allows, else all roles."""
        entry = replace(self.entry, roles=roles)
        path = team_path(entry.spec, entry.team)
        Catalog(self.admin, self.catalog_mount).write(path, entry.to_json())
        policy = environment().get_template("vault/team-policy.hcl.j2")
        hcl = policy.render(
            roles=roles if granted is None else granted,
            catalog=path, catalog_mount=self.catalog_mount, team=entry.team, spec=entry.spec, strict=entry.strict,
        )  # fmt: skip
        self.admin.write(f"sys/policies/acl/{team_policy(entry.spec, entry.team)}", {"policy": hcl})
        return replace(self, entry=entry)


class WayToVault:
    """Passes everything on to Vault, but holds an answer with credentials until it may go; can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self.asked, self.answer = threading.Event(), threading.Event()
        self._vault = (host, port)
        self._ends: list[socket.socket] = []
        self._listen(0)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def mend(self) -> None:
        self._listen(int(self.address.rpartition(":")[2]))

    def _listen(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def _serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(self._vault)
                self._ends += (client, server)
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(source, sink, source is server), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not answers and b"/creds/" in data:
                    self.asked.set()
                if answers and self.asked.is_set():
                    self.answer.wait(30)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def way(stack):
    parts = urlsplit(stack.vault_addr)
    way_to_vault = WayToVault(parts.hostname, parts.port)
    yield way_to_vault
    way_to_vault.cut()


def leases(admin, mount: str, role: str) -> list[str]:
    answer = admin.ask(Request("list", f"sys/leases/lookup/{mount}/creds/{role}"))
    return answer.data["keys"] if answer else []


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Waits for a condition and gives what it gave; the time is for a machine that hangs, and nothing is measured."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"in {seconds} s there was no {what}"
        time.sleep(0.05)
    return found


@pytest.fixture
def engine(stack, admin, unique) -> str:
    """The mount of an AWS engine with one role of each kind."""
    mount = f"aws-{unique}"
    admin.write(f"sys/mounts/{mount}", {"type": "aws"})
    keys = {"access_key": stack.env["AWS_ACCESS_KEY_ID"], "secret_key": stack.env["AWS_SECRET_ACCESS_KEY"]}
    admin.write(f"{mount}/config/root", {**keys, "region": "eu-west-1"})
    admin.write(f"{mount}/config/lease", {"lease": "15m", "lease_max": "1h"})
    admin.write(f"{mount}/roles/app", {"credential_type": "iam_user", "policy_document": DOCUMENT})
    admin.write(f"{mount}/roles/net", {"credential_type": "assumed_role", "role_arns": [NET], "default_sts_ttl": 1800})
    admin.write(f"{mount}/roles/nets", {"credential_type": "assumed_role", "role_arns": [NET, OTHER_NET]})
    admin.write(f"{mount}/roles/fed", {"credential_type": "federation_token", "policy_document": DOCUMENT})
    yield mount
    admin.write(f"sys/leases/revoke-force/{mount}")
    admin.delete(f"sys/mounts/{mount}")


@pytest.fixture
def roles(engine) -> dict[str, RoleEntry]:
    """What the catalog says of the engine's roles, by name."""
    entries = [
        RoleEntry("app", "main", engine, "iam_user", "eu-west-1", 900, 3600),
        RoleEntry("net", "main", engine, "assumed_role", "eu-west-1", 1800, 3600, (NET,)),
        RoleEntry("nets", "main", engine, "assumed_role", "eu-west-1", 0, 0, (NET, OTHER_NET)),
        RoleEntry("fed", "main", engine, "federation_token", "eu-west-1", 3600, 0),
    ]
    return {entry.name: entry for entry in entries}


@pytest.fixture
def catalog_mount(admin, unique) -> str:
    mount = f"catalog-{unique}"
    admin.write(f"sys/mounts/{mount}", {"type": "kv", "options": {"version": "2"}})
    yield mount
    admin.delete(f"sys/mounts/{mount}")


@pytest.fixture
def make_team(admin, unique, catalog_mount, roles) -> Callable[..., Team]:
    """Makes a team with all the engine's roles, or those given."""
    approle = f"approle-{unique}"
    admin.write(f"sys/auth/{approle}", {"type": "approle"})

    def make(name: str, *given: RoleEntry) -> Team:
        role = team_policy(unique, name)
        settings = {"token_policies": [role], "token_no_default_policy": True, "token_ttl": "1h"}
        admin.write(f"auth/{approle}/role/{role}", settings)
        role_id = str(admin.read(f"auth/{approle}/role/{role}/role-id")["role_id"])
        entry = TeamEntry(unique, name, (), (LoginEntry("approle", approle, role),))
        return Team(admin, entry, catalog_mount, role_id).publish(*(given or roles.values()))

    yield make
    admin.delete(f"sys/auth/{approle}")


@pytest.fixture
def team(make_team) -> Team:
    return make_team("pay")


@pytest.fixture
def consumer_home(tmp_path, stack, monkeypatch) -> Path:
    """The environment of somebody who has Vault's address, an empty home, and no token."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("VAULT_ADDR", stack.env["VAULT_ADDR"])
    monkeypatch.chdir(tmp_path)
    return home


@pytest.fixture
def as_team(team, consumer_home, monkeypatch) -> Team:
    """The environment of somebody who is logged in as the team."""
    monkeypatch.setenv("VAULT_TOKEN", team.token())
    return team


@pytest.fixture
def consumer(catalog_mount, consumer_home, capfd) -> Callable[..., Run]:
    """Runs `consumer VERB …` against the test's catalog.

    `exec` is a process of its own: it waits for signals of its process, which the test runner's threads would take.
    """

    def run(verb: str, *argv: str, catalog: bool = True) -> Run:
        line = [verb, *(("--catalog-mount", catalog_mount) if catalog else ()), *argv]
        if verb == "exec" or line[:2] == ["mfa", "exec"]:
            done = subprocess.run([*CONSUMER, *line], capture_output=True, text=True, check=False)
            return Run(done.returncode, done.stdout, done.stderr)
        capfd.readouterr()
        code = main(line)
        said = capfd.readouterr()
        return Run(code, said.out, said.err)

    return run


@pytest.fixture
def aws_environment(stack) -> dict[str, str]:
    """What a program needs to reach the AWS endpoint, without any credentials."""
    names = ("PATH", "HTTPS_PROXY", "NO_PROXY", "AWS_CA_BUNDLE", "AWS_REGION", "AWS_DEFAULT_REGION")
    return {name: value for name, value in {**os.environ, **stack.env}.items() if name in names}


@pytest.fixture
def creds(consumer, as_team) -> Callable[..., dict[str, Any]]:
    """Runs `consumer creds --format json` and gives the parsed result."""

    def run(role: str, *argv: str) -> dict[str, Any]:
        done = consumer("creds", "--role", role, "--format", "json", *argv)
        assert done.code == 0, done.err
        return json.loads(done.out)

    return run


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """The path of every request that is sent to Vault."""
    paths: list[str] = []
    send = Vault._send

    def spy(self, request, *rest):
        paths.append(request.path)
        return send(self, request, *rest)

    monkeypatch.setattr(Vault, "_send", spy)
    return paths


@pytest.fixture
def later(monkeypatch) -> Callable[[timedelta], None]:
    """Moves this machine's clock."""
    real = clock.now

    def move(by: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + by)

    return move


class Gate:
    """A way to Vault that can be shut."""

    def __init__(self, vault: str) -> None:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = {"X-Vault-Token": self.headers["X-Vault-Token"]}
                found = requests.request(self.command, vault + self.path, headers=token, data=body, timeout=30)
                gate.passed.append(self.path)
                self.send_response(found.status_code)
                self.send_header("Content-Length", str(len(found.content)))
                self.end_headers()
                self.wfile.write(found.content)

            do_GET = do_POST = do_LIST = answer  # noqa: N815 - the standard library's names

            def log_message(self, *args: object) -> None:
                pass

        self.passed: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def shut(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


@pytest.fixture
def gate(stack, monkeypatch, consumer_home) -> Iterator[Gate]:
    """The only way to Vault from here."""
    made = Gate(stack.vault_addr)
    monkeypatch.setenv("VAULT_ADDR", made.address)
    yield made
    made.shut()
