"""Docker Compose: the plug-in of `docker`, or the older program of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack import environment
from devstack.programs import answer, run

FILE = Path(__file__).parents[1] / "tests" / "docker-compose.yml"


@dataclass(frozen=True)
class Project:
    """The containers of one stack. `command` is how Compose is called here."""

    name: str
    command: tuple[str, ...]

    def up(self, variables: Mapping[str, str]) -> None:
        """Start them: images that aren't there are pulled."""
        self._run("up", "-d", variables=variables)

    def port(self, service: str, inside: int) -> int:
        """The port of this machine behind which a service's port is."""
        return int(self._run("port", service, str(inside)).strip().rpartition(":")[2])

    def logs(self) -> str:
        return self._run("logs", "--no-color")

    def down(self) -> None:
        """End them, and remove what they kept."""
        self._run("down", "--volumes", "--timeout", "2")

    def _run(self, *words: str, variables: Mapping[str, str] | None = None) -> str:
        return run([*self.command, "-f", FILE, "-p", self.name, *words], {**_environ(), **(variables or {})})


def command() -> tuple[str, ...] | None:
    """How Compose is called here; None where there is none, or no Docker engine answers it."""
    docker = shutil.which("docker")
    if not docker or not answer([docker, "version", "--format", "{{.Server.Version}}"], _environ()):
        return None
    if answer([docker, "compose", "version"], _environ()):
        return (docker, "compose")
    older = shutil.which("docker-compose")
    return (older,) if older else None


def _environ() -> dict[str, str]:
    """The older program gives up on an engine after a minute, which a busy machine's vfs driver needs to remove one."""
    return {"COMPOSE_HTTP_TIMEOUT": "300", **environment.for_downloads(os.environ)}
