"""Starting a server in dev mode: in memory, unsealed, with a root token that nothing but its holder knows."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from devstack import environment
from devstack.aws import endpoint as aws
from devstack.aws.endpoint import Endpoint
from devstack.errors import StackError
from devstack.folder import Folder
from devstack.processes import end, start
from devstack.servers.interface import Running, Server
from devstack.waiting import wait

DEADLINE = 60  # seconds
_TRIES = 5
_LONGEST_FOR_SOCKETS = 80  # a plugin's socket is made in TMPDIR, and its path may have 107 characters
_TAKEN = "address already in use"


@dataclass(frozen=True)
class DevServer(Server):
    """A program that serves Vault's API when run as `PROGRAM server -dev`.

    `plugins` is the folder to give it as `-dev-plugin-dir`, None where the engine is built in.
    """

    title: str
    program: Path
    plugins: Path | None = None

    @property
    def programs(self) -> tuple[Path, ...]:
        return (self.program,)

    def launch(self, folder: Folder) -> tuple[Running, Endpoint]:
        endpoint = aws.launch(folder)
        home = folder.path / "server"
        home.mkdir(mode=0o700)
        for _ in range(_TRIES):
            if running := self._try(folder, endpoint):
                return running, endpoint
        raise StackError(f"Found no free port for the server in {_TRIES} tries.")

    def _try(self, folder: Folder, endpoint: Endpoint) -> Running | None:
        """Start it on a port that was free a moment ago; None if somebody else was quicker."""
        port, token, log = _free_port(), secrets.token_urlsafe(24), folder.log("server")
        process = start("server", self._argv(port), _environ(folder.path / "server", endpoint, token), log)
        folder.add(process)
        addr = f"http://127.0.0.1:{port}"
        try:
            wait("The server", lambda: accepts(addr, token), process, log, DEADLINE)
        except StackError:
            end([process])
            if _TAKEN in log.read_text(errors="replace"):
                return None
            raise
        return Running(addr, another_root_token(addr, token))

    def _argv(self, port: int) -> list[str]:
        plugins = [f"-dev-plugin-dir={self.plugins}"] if self.plugins else []
        listen = f"-dev-listen-address=127.0.0.1:{port}"
        return [str(self.program), "server", "-dev", "-dev-no-store-token", listen, *plugins]


def another_root_token(addr: str, token: str) -> str:
    """A root token in place of the first one, which dev servers print to their log."""
    made = ask(addr, token, "auth/token/create-orphan", {"policies": ["root"], "display_name": "devstack"})
    ask(addr, token, "auth/token/revoke-self", {})
    return str(made["auth"]["client_token"])


def ask(addr: str, token: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """Read a path, or write to it, past every proxy. Raises an OSError if the server doesn't do it."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{addr}/v1/{path}", data, {"X-Vault-Token": token})  # noqa: S310 - http is what it speaks
    with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else {}


def accepts(addr: str, token: str) -> bool:
    """Whether this very server answers: nobody else knows the token."""
    try:
        ask(addr, token, "auth/token/lookup-self")
    except HTTPError as refused:
        refused.close()
        return False
    except (OSError, HTTPException, ValueError):  # not yet there, or somebody else's server
        return False
    return True


def _environ(folder: Path, aws: Endpoint, token: str) -> dict[str, str]:
    """The token is passed where only the user's own processes can read it, which argv is not."""
    return {
        **environment.without_foreign(os.environ),
        **environment.proxied(aws.proxy),
        "AWS_CA_BUNDLE": str(aws.ca),
        "HOME": str(folder),
        **({"TMPDIR": str(folder)} if len(str(folder)) < _LONGEST_FOR_SOCKETS else {}),
        "VAULT_DEV_ROOT_TOKEN_ID": token,
        "BAO_DEV_ROOT_TOKEN_ID": token,
    }


def _free_port() -> int:
    """A port that is free now together with the next one, which the server takes for its cluster."""
    while True:
        with ExitStack() as sockets:
            first = sockets.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                sockets.enter_context(socket.socket()).bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
