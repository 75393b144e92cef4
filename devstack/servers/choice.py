"""Which server a stack gets."""

from __future__ import annotations

from devstack.errors import StackError
from devstack.servers.embedded import Embedded
from devstack.servers.installed import Installed
from devstack.servers.interface import Source

SOURCES: tuple[Source, ...] = (Installed(), Embedded())


def choose(name: str | None = None) -> Source:
    """The way of that name, or else the first that this machine has what it needs for."""
    for source in SOURCES:
        if name in (None, source.name) and source.available():
            return source
    if name is None:
        ways = "".join(f"\n  {source.name}: {source.wants}" for source in SOURCES)
        raise StackError(f"There is no way to run a Vault server here. One of these is needed:{ways}")
    named = {source.name: source.wants for source in SOURCES}
    if name not in named:
        raise StackError(f"There is no server {name!r}. There are: {', '.join(named)}.")
    raise StackError(f"The server {name!r} needs {named[name]}.")
