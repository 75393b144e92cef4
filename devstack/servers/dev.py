"""Starting a server in dev mode: in memory, unsealed, with a root token that nothing but its holder knows."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from devstack import environment
from devstack.aws.endpoint import Endpoint
from devstack.errors import StackError
from devstack.processes import Process, end, start
from devstack.servers.interface import Server
from devstack.waiting import wait

DEADLINE = 60  # seconds
_TRIES = 5
_TAKEN = "address already in use"


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    addr: str
    token: str = field(repr=False)


def launch(
    server: Server, folder: Path, log: Path, aws: Endpoint, mark: str, record: Callable[[Process], None]
) -> Running:
    """Start a server on a port that was free a moment ago, and on another if somebody else was quicker."""
    for _ in range(_TRIES):
        addr, token = f"127.0.0.1:{_free_port()}", secrets.token_urlsafe(24)
        process = start("server", _argv(server, addr), _environ(folder, aws, token), log, mark=mark)
        record(process)
        try:
            wait("The server", lambda: _accepts(f"http://{addr}", token), process, log, DEADLINE)  # noqa: B023
        except BaseException as failure:
            end([process])
            if isinstance(failure, StackError) and _TAKEN in log.read_text(errors="replace"):
                continue
            raise
        return Running(f"http://{addr}", another_root_token(f"http://{addr}", token))
    raise StackError(f"Found no free port for the server in {_TRIES} tries.")


def another_root_token(addr: str, token: str) -> str:
    """A root token in place of the first one, which dev servers print to their log."""
    made = ask(addr, token, "auth/token/create-orphan", {"policies": ["root"], "display_name": "devstack"})
    ask(addr, token, "auth/token/revoke-self", {})
    return str(made["auth"]["client_token"])


def ask(addr: str, token: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """Read a path, or write to it, past every proxy. Raises URLError (an OSError) if the server doesn't do it."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{addr}/v1/{path}", data, {"X-Vault-Token": token})  # noqa: S310 - http is what it speaks
    with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else {}


def _accepts(addr: str, token: str) -> bool:
    """Whether this very server answers: nobody else knows the token."""
    try:
        ask(addr, token, "auth/token/lookup-self")
    except HTTPError as refused:
        refused.close()
        return False
    except (URLError, OSError):
        return False
    return True


def _argv(server: Server, addr: str) -> list[str]:
    plugins = [f"-dev-plugin-dir={server.plugins}"] if server.plugins else []
    return [str(server.program), "server", "-dev", "-dev-no-store-token", f"-dev-listen-address={addr}", *plugins]


def _environ(folder: Path, aws: Endpoint, token: str) -> dict[str, str]:
    """The token is passed where only the user's own processes can read it, which argv is not."""
    return {
        **environment.without_foreign(os.environ),
        **environment.proxied(aws.proxy),
        "AWS_CA_BUNDLE": str(aws.ca),
        "HOME": str(folder),
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
