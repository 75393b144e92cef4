"""OpenTofu under Terraform's name: from PATH, or built by Go."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from devstack import cache, environment, go
from devstack.programs import answer
from devstack.steps import step
from devstack.terraform.interface import Program, Source

SOURCES = Path(__file__).parents[1] / "opentofu"
PACKAGE = "github.com/opentofu/opentofu/cmd/tofu"


class OpenTofu(Source):
    """It looks for `hashicorp/aws` at a registry of its own."""

    def available(self) -> bool:
        return True

    def get(self) -> Program:
        found = shutil.which("tofu")
        tofu = Path(found) if found else _built()
        said = answer([tofu, "version"], environment.without_foreign(os.environ))
        title = said.partition("\n")[0] or "OpenTofu"
        return Program(title, registry="registry.opentofu.org", path=_launchers(tofu))


def _built() -> Path:
    def build(folder: Path) -> None:
        compiler = go.toolchain(SOURCES)
        with step("Building OpenTofu", "Built OpenTofu", expect="about five minutes"):
            compiler.build(SOURCES, PACKAGE, folder / "tofu")

    return cache.kept(_name(), build) / "tofu"


def at_hand() -> bool:
    """Whether it is installed, or was built before."""
    return bool(shutil.which("tofu")) or (cache.root() / _name()).is_dir()


def _name() -> str:
    sources = [SOURCES / name for name in ("go.mod", "go.sum")]
    return f"opentofu-{cache.key(*sources, *go.platform())}"


def _launchers(tofu: Path) -> Path:
    """A folder with a `terraform` in it."""

    def link(folder: Path) -> None:
        (folder / "terraform").symlink_to(tofu)

    return cache.kept(f"terraform-{cache.key(str(tofu))}", link)
