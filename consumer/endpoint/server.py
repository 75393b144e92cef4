"""The server: sockets, connections, and the thread that they live in."""

from __future__ import annotations

import asyncio
import difflib
import errno
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, unquote_to_bytes

from consumer.endpoint import answers
from consumer.endpoint.requests import LONGEST_HEAD, Gate, Malformed, Request, parse
from consumer.endpoint.supply import Supply
from vault_aws_kit.errors import PortTaken

if TYPE_CHECKING:
    from consumer.endpoint.interface import Served
    from vault_aws_kit.credentials import Credentials

HOST = "127.0.0.1"
BACKLOG = 1024
TICK = 1.0  # seconds
IDLE_TICKS = 30  # after so many a connection without a request is closed
NAMED_AT_MOST = 12
FETCHES = 8  # at a time, of different roles
_MALFORMED = answers.refusal(HTTPStatus.BAD_REQUEST, "BadRequest", "This is no request that this server understands.")
_TOO_LONG = answers.refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "TooLarge", "The request's head is too long.")


class Endpoint:
    """Serves roles' credentials on a port of loopback, in a thread of its own, for as long as its block lasts.

    Its end waits until whatever is being fetched has come, so that nothing is taken after it that nobody gives back.
    """

    def __init__(
        self,
        roles: Mapping[str, Served],
        fetch: Callable[[Served], Credentials],
        *,
        say: Callable[[str], None],
        report: Callable[[Exception], None],
        port: int = 0,
    ) -> None:
        """`roles` by their paths, without the slash in front; `fetch` is called in threads, once at a time for a role.

        `say` and `report` tell a person. Port 0 is one that is free. Raises PortTaken.
        """
        self._listener = _listen(port)
        self.port: int = self._listener.getsockname()[1]
        self.token = secrets.token_urlsafe(32)
        self._threads = ThreadPoolExecutor(FETCHES, thread_name_prefix="fetch")
        self._supply = supply = Supply(fetch, self._threads, say, report)
        self._house = House(
            Gate.at(self.port, self.token), {f"/{path}".encode(): r for path, r in roles.items()}, supply
        )
        self._begun = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name="endpoint", daemon=True)

    def uri(self, path: str = "") -> str:
        """The address of a role, by its path."""
        return f"http://{HOST}:{self.port}/{quote(path)}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def keep(self, role: Served, credentials: Credentials) -> None:
        """Serve credentials that were got already, within the block."""
        self._loop.call_soon_threadsafe(self._supply.keep, role, credentials)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(lambda: Connection(self._house), sock=self._listener, backlog=BACKLOG)
        self._begun.set()
        async with server:
            while not self._over.is_set():
                self._house.look_after()
                try:
                    await asyncio.wait_for(self._over.wait(), TICK)
                except TimeoutError:
                    continue
            self._house.close()


class House:
    """What all connections share."""

    def __init__(self, gate: Gate, roles: Mapping[bytes, Served], supply: Supply) -> None:
        self.gate = gate
        self.roles = roles
        self.supply = supply
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    def answer(self, request: Request) -> bytes | Served:
        """What can be answered at once to somebody who was let in; else the role that must be waited for."""
        role = self.roles.get(request.path) or self.roles.get(unquote_to_bytes(request.path))
        if role is None:
            return self._unknown(request.path)
        return self.supply.at_hand(role) or role

    def look_after(self) -> None:
        """What is due every second."""
        self.supply.renew_ahead()
        for connection in list(self.connections):
            connection.grow_older()

    def close(self) -> None:
        for connection in list(self.connections):
            connection.close()

    def _unknown(self, path: bytes) -> bytes:
        """Only somebody with the token comes here, so it does no harm to tell the names."""
        names = sorted(name.decode() for name in self.roles)
        asked = unquote_to_bytes(path).decode(errors="replace")
        near = difflib.get_close_matches(asked, names, n=3) or [*names[:NAMED_AT_MOST], "…"][: len(names)]
        told = f"No role is served at {asked}. There is: {' '.join(near)}."
        return answers.refusal(HTTPStatus.NOT_FOUND, "RoleUnknown", told)


class Connection(asyncio.Protocol):
    """One client: its requests are answered one after the other."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._transport: asyncio.Transport
        self._received = b""
        self._waiting = False
        self._age = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport
        self._house.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._house.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self._age = 0
        self._received += data
        self._go_on()

    def grow_older(self) -> None:
        """Close what has been idle for too long, so that nobody can use all connections up."""
        self._age += not self._waiting
        if self._age > IDLE_TICKS:
            self.close()

    def close(self) -> None:
        self._transport.close()

    def _go_on(self) -> None:
        """Answer every request that is there, up to one that must be waited for."""
        while not self._waiting and not self._transport.is_closing():
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if len(head) > LONGEST_HEAD:
                self._send(_TOO_LONG, closes=True)
            if not end:
                return
            self._received = rest
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        try:
            request = parse(head)
        except Malformed:
            self._send(_MALFORMED, closes=True)
            return
        refused = self._house.gate.refusal(request)
        if refused:  # whoever isn't let in shall not keep a connection busy either
            self._send(refused, closes=True)
            return
        answer = self._house.answer(request)
        if isinstance(answer, bytes):
            self._send(answer, closes=request.closes)
            return
        self._waiting = True
        self._transport.pause_reading()
        task = asyncio.get_running_loop().create_task(self._wait_for(answer, closes=request.closes))
        self._house.tasks.add(task)  # the loop itself keeps no hold on it
        task.add_done_callback(self._house.tasks.discard)

    async def _wait_for(self, role: Served, *, closes: bool) -> None:
        answer = await self._house.supply.get(role)
        self._waiting = False
        if self._transport.is_closing():
            return
        self._send(answer, closes=closes)
        if not closes:
            self._transport.resume_reading()
            self._go_on()

    def _send(self, answer: bytes, *, closes: bool) -> None:
        self._transport.write(answers.closing(answer) if closes else answer)
        if closes:
            self._transport.close()


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port), backlog=BACKLOG)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise PortTaken(
            f"Port {port} of {HOST} can't be listened on: {os.strerror(error.errno or 0).lower()}.",
            hint="Another program has it: choose another --port, or leave --port out for one that is free."
            if taken
            else "Choose another --port, above 1023.",
        ) from None
