"""HashiCorp Vault's AWS auth method as a plugin for OpenBao, which has none of its own.

A server names a plugin after its file, and the engine's file is `aws` already: so this one is the auth method
`aws-login`, and stands in a folder of its own. Only tests of logins need it.
"""

from __future__ import annotations

from pathlib import Path

from devstack import cache, go
from devstack.steps import step

TYPE = "aws-login"
SOURCES = Path(__file__).parents[1] / "aws_login"


def built() -> Path:
    """A plugin folder with the auth method, built from its Go sources."""

    def build(folder: Path) -> None:
        compiler = go.toolchain(SOURCES)
        with step("Building Vault's AWS auth method", "Built the AWS auth method", expect="about a minute"):
            compiler.build(SOURCES, ".", folder / TYPE)

    sources = [SOURCES / name for name in ("main.go", "go.mod", "go.sum")]
    return cache.kept(f"aws-login-{cache.key(*sources, *go.platform())}", build)
