"""Programs that come in wheels, each in a folder of its own in the cache: the project's .venv stays as it is."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from devstack import cache, environment
from devstack.programs import run
from devstack.steps import step


def packages(requirement: str, what: str, constraints: Path | None = None) -> Path:
    """The folder that holds an installed `NAME==VERSION`; with `constraints`, all that it depends on too."""

    def install(folder: Path) -> None:
        argv = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *how]
        with step(f"Downloading {what}", f"Downloaded {what}"):
            run([*argv, "--target", folder, requirement], environment.for_downloads(os.environ))

    how = ["--constraint", str(constraints)] if constraints else ["--no-deps"]
    name = requirement.replace("==", "-").replace("[", "-").replace("]", "")
    machine = (platform.system(), platform.machine(), platform.python_version() if constraints else "")
    return cache.kept(f"{name}-{cache.key(requirement, *machine, constraints or '')}", install)
