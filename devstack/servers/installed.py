"""The `vault`, or the `bao`, that the user has on PATH."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from devstack import environment
from devstack.programs import answer
from devstack.servers import engine
from devstack.servers.dev import DevServer
from devstack.servers.interface import Server, Source


class Installed(Source):
    """Vault has the AWS engine built in; OpenBao gets the user's plugin, or the one that we build."""

    name = "vault"
    wants = "`vault` or `bao` on PATH"

    def available(self) -> bool:
        return bool(_found("vault", "Vault v") or _found("bao", "OpenBao v"))

    def get(self) -> Server:
        if vault := _found("vault", "Vault v"):
            return DevServer(f"{_version(vault)} from PATH", vault)
        bao = _found("bao", "OpenBao v")
        assert bao is not None, "asked for although it isn't available"  # noqa: S101 - the caller's contract
        plugins = engine.users(beside=bao) or engine.built()
        return DevServer(f"{_version(bao)} from PATH", bao, plugins)


def _found(name: str, says: str) -> Path | None:
    """The program of that name on PATH, if it is what it is called: other programs are called `vault` too."""
    path = shutil.which(name)
    return Path(path) if path and _version(Path(path)).startswith(says) else None


def _version(program: Path) -> str:
    """ "Vault v1.21.4" """
    text = answer([program, "version"], environment.without_foreign(os.environ))
    return " ".join(text.replace(",", " ").split()[:2])
