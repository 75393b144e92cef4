"""Packages for node, fetched once and kept between runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from devstack import cache, environment
from devstack.programs import run

CI = bool(os.environ.get("CI"))
CONFIG = Path.home() / ".npmrc"  # found before a test has another HOME


def installed(package: str) -> Path:
    """A folder in which `node` finds a package, which is NAME@VERSION. Skips the test where there is no npm."""
    if not shutil.which("npm"):
        assert not CI, "there is no npm"
        pytest.skip("there is no npm")

    def install(folder: Path) -> None:
        env = environment.for_downloads(os.environ)
        if CONFIG.exists():
            env["NPM_CONFIG_USERCONFIG"] = str(CONFIG)
        run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", package], env)

    name = package.rpartition("@")[0].strip("@").replace("/", "-")
    return cache.kept(f"npm-{name}-{cache.key(package)}", install)
