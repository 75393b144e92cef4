"""HashiCorp Vault's AWS secrets engine as a plugin for OpenBao, which has none of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from devstack import cache, go
from devstack.steps import step

NAMES = ("aws", "vault-plugin-secrets-aws", "openbao-plugin-secrets-aws")
SOURCES = Path(__file__).parents[1] / "engine"


def users(beside: Path) -> Path | None:
    """A plugin folder with the engine that the user has, None where there is none.

    It is looked for under its usual names in VAULT_AWS_KIT_PLUGIN_DIR, then in `plugins` beside the server's program.
    A server names a plugin after its file, and starts only what really stands in its folder: so it is copied.
    """
    folders = [Path(os.environ.get("VAULT_AWS_KIT_PLUGIN_DIR") or os.devnull), beside.resolve().parent / "plugins"]
    found = next((path for folder in folders for name in NAMES if os.access(path := folder / name, os.X_OK)), None)
    if found is None:
        return None
    copied = found
    return cache.kept(f"engine-{cache.key(found)}", lambda folder: _copy(copied, folder))


def built() -> Path:
    """A plugin folder with the engine, built from its Go sources."""

    def build(folder: Path) -> None:
        compiler = go.toolchain(SOURCES)
        with step("Building Vault's AWS secrets engine", "Built the AWS secrets engine", expect="about a minute"):
            compiler.build(SOURCES, ".", folder / "aws")

    sources = [SOURCES / name for name in ("main.go", "go.mod", "go.sum")]
    return cache.kept(f"engine-{cache.key(*sources, *go.platform())}", build)


def _copy(found: Path, folder: Path) -> None:
    shutil.copy(found, folder / "aws")
