"""HashiCorp's Vault and moto in containers, as tests/docker-compose.yml says."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from devstack import compose
from devstack.aws.endpoint import Endpoint
from devstack.compose import Project
from devstack.errors import StackError
from devstack.folder import Folder
from devstack.programs import tail
from devstack.servers.dev import DEADLINE, accepts, another_root_token
from devstack.servers.interface import Running, Server, Source

VAULT_PORT, AWS_PORT = 8200, 5005  # inside the containers

Start = Callable[[Project, Mapping[str, str]], None]


class Docker(Source):
    name = "docker"
    wants = "a Docker engine that answers, with Docker Compose"

    def available(self) -> bool:
        return compose.command() is not None

    def get(self) -> Server:
        return Containers("Vault in a container")


@dataclass(frozen=True)
class Containers(Server):
    """Both in containers of one Compose project, which `start` starts with the variables that its file wants."""

    title: str
    start: Start = Project.up

    def launch(self, folder: Folder) -> tuple[Running, Endpoint]:
        project = Project(f"vault-aws-kit-{secrets.token_hex(4)}", _command())
        token = secrets.token_urlsafe(24)
        place = folder.path / "aws"
        place.mkdir(mode=0o755)  # the server's container has another user; here the folder above keeps others out
        folder.add(project)
        self.start(project, {"VAULT_AWS_KIT_STACK_AWS": str(place), "VAULT_AWS_KIT_STACK_TOKEN": token})
        endpoint = Endpoint(f"http://127.0.0.1:{project.port('aws', AWS_PORT)}", place / "ca.crt")
        _wait(project, (place / "port").exists)
        addr = f"http://127.0.0.1:{project.port('vault', VAULT_PORT)}"
        _wait(project, lambda: accepts(addr, token))
        return Running(addr, another_root_token(addr, token)), endpoint


def _command() -> tuple[str, ...]:
    if found := compose.command():
        return found
    raise StackError(f"There are no containers without {Docker.wants}.")


def _wait(project: Project, ready: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not ready():
        if time.monotonic() > end:
            raise StackError(f"The containers weren't ready after {DEADLINE} s. They said:\n{tail(project.logs())}")
        time.sleep(0.1)
