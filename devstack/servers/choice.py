"""Which server a stack gets."""

from __future__ import annotations

import logging

from devstack.errors import CommandFailed, StackError
from devstack.servers.containers import Docker
from devstack.servers.embedded import Embedded
from devstack.servers.installed import Installed
from devstack.servers.interface import Server, Source

SOURCES: tuple[Source, ...] = (Installed(), Embedded(), Docker())

log = logging.getLogger("devstack")


def get(name: str | None = None) -> Server:
    """The server of that name, or else the first that can be had, downloaded and built if need be."""
    if name is None:
        return _first()
    for source in SOURCES:
        if name == source.name:
            if not source.available():
                raise StackError(f"The server {name!r} needs {source.wants}.")
            return source.get()
    raise StackError(f"There is no server {name!r}. There are: {', '.join(source.name for source in SOURCES)}.")


def _first() -> Server:
    """Where a way that looks open turns out not to be, because nothing can be downloaded, the next one is tried."""
    reasons = []
    for source in SOURCES:
        if source.available():
            try:
                return source.get()
            except CommandFailed as failure:
                log.info("%s", failure)
                reasons.append(f"  {source.name}: {source.wants}; it failed: {failure}")
        else:
            reasons.append(f"  {source.name}: {source.wants}")
    raise StackError("\n".join(["There is no way to run a Vault server here. One of these is needed:", *reasons]))
