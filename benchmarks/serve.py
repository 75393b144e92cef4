"""How many requests `consumer serve` answers from memory, and how fast: `python -m benchmarks.serve`.

A real Vault issues the credentials once; then requests come over loopback from this one process, each as soon as the
answer before is there: on connections that stay open, and on one connection for each request, as most SDKs have it.
Both the number of requests and the time are bounded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from devstack.stack import Stack, running

EXAMPLE = Path(__file__).parents[1] / "docs" / "example" / "vault-aws.yaml"
COMMANDS = Path(sys.executable).parent


@dataclass
class Load:
    """A number of requests that is shared out among connections, and how long each took, in seconds."""

    address: str
    token: str
    last_header: str
    left: int
    ends: float
    took: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0

    @cached_property
    def request(self) -> bytes:
        where = urlsplit(self.address)
        headers = (f"Host: {where.netloc}", f"Authorization: {self.token}", self.last_header)
        return "\r\n".join([f"GET {where.path} HTTP/1.1", *headers, "", ""]).encode()

    def another(self) -> bool:
        self.left -= 1
        return self.left >= 0 and time.perf_counter() < self.ends


class Client(asyncio.Protocol):
    """One connection's requests, one after the other."""

    def __init__(self, load: Load, *, many: bool) -> None:
        self.load = load
        self.many = many
        self.done = asyncio.get_running_loop().create_future()
        self.begun = time.perf_counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self.load.request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.load.took.append(now - self.begun)
        self.load.failed += not (data.startswith(b"HTTP/1.1 200") and data.endswith(b"}"))
        if self.many and self.load.another():
            self.begun = now
            self.transport.write(self.load.request)
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.done.set_result(None)


async def stay_open(load: Load) -> None:
    """All requests of a connection on this one."""
    if load.another():
        _, client = await asyncio.get_running_loop().create_connection(
            lambda: Client(load, many=True), "127.0.0.1", load.port
        )
        await client.done


async def one_each(load: Load) -> None:
    """A connection for each request; its making is part of the time."""
    while load.another():
        client = Client(load, many=False)
        await asyncio.get_running_loop().create_connection(lambda client=client: client, "127.0.0.1", load.port)
        await client.done


WAYS = (
    ("that stay open", stay_open, "Connection: keep-alive"),
    ("one for each request", one_each, "Connection: close"),
)


async def measure(load: Load, connections: int, worker: Callable[[Load], Awaitable[None]]) -> float:
    """All connections at work; the seconds that it took."""
    start = time.perf_counter()
    await asyncio.gather(*(worker(load) for _ in range(connections)))
    return time.perf_counter() - start


def told(name: str, load: Load, seconds: float) -> str:
    took = sorted(load.took)
    p50, p99 = (took[int(len(took) * share)] * 1000 for share in (0.5, 0.99))
    rate = len(took) / seconds
    return f"{name:<28}{rate:>10,.0f} /s{p50:>10.2f} ms{p99:>10.2f} ms{took[-1] * 1000:>10.2f} ms{load.failed:>8}\n"


@contextmanager
def serving(stack: Stack, folder: Path) -> Iterator[tuple[str, str]]:
    """`consumer serve` on a role of the example; gives its address and the authorization token."""
    env = stack.environ(folder)
    env["PATH"] = f"{COMMANDS}{os.pathsep}{env['PATH']}"
    (folder / "vault-aws.yaml").write_text(EXAMPLE.read_text())
    subprocess.run(["producer", "setup", "--yes"], cwd=folder, env=env, check=True, capture_output=True)
    argv = ["consumer", "serve", "--role", "app-web", "--format", "json"]
    with subprocess.Popen(argv, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as server:
        try:
            ready = json.loads(server.stdout.readline())
            yield ready["roles"]["app-web"], Path(ready["token_file"]).read_text()
        finally:
            server.terminate()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=30_000, help="at most, each way")
    options.add_argument("--seconds", type=float, default=20, help="at most, each way")
    options.add_argument("--connections", type=int, default=16)
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(with_terraform=False) as stack,
        serving(stack, Path(folder)) as (address, token),
    ):
        head = f"{given.connections} connections"
        sys.stdout.write(f"{head:<28}{'rate':>13}{'p50':>13}{'p99':>13}{'max':>13}  failed\n")
        for name, worker, last_header in WAYS:
            load = Load(address, token, last_header, given.requests, time.perf_counter() + given.seconds)
            seconds = asyncio.run(measure(load, given.connections, worker))
            sys.stdout.write(told(name, load, seconds))


if __name__ == "__main__":
    main()
