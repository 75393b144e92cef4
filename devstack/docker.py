"""`python -m devstack docker COMMAND…`: run a command with a Docker engine, one of our own if none answers.

The command finds the engine by DOCKER_HOST and the images by the variables that tests/docker-compose.yml reads. An
engine of our own needs root and Docker's programs (Debian: docker.io and docker-compose); it keeps everything in a
temporary folder, and ends with the command. Its images are made of parts at hand: it may have no registry to pull from.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from devstack import environment, images
from devstack.errors import StackError
from devstack.processes import end, start
from devstack.programs import answer
from devstack.steps import step
from devstack.waiting import wait

DEADLINE = 60  # seconds


def run(command: Sequence[str]) -> int:
    """The exit code of the command."""
    docker = shutil.which("docker")
    if not docker:
        raise StackError("There is no `docker` on PATH. Debian has it in docker.io.")
    with _engine(docker, environment.for_downloads(os.environ)) as host:
        environ = {**os.environ, **host}
        variables = images.build(docker, environ)
        return subprocess.run(command, env={**environ, **variables}, check=False).returncode


@contextmanager
def _engine(docker: str, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The variables that lead to an engine that answers."""
    if _answers(docker, environ):
        yield {}
        return
    dockerd = shutil.which("dockerd")
    if not dockerd or os.geteuid() != 0:
        raise StackError("No Docker engine answers. To start one, `dockerd` and root's rights are needed.")
    folder = Path(tempfile.mkdtemp(prefix="vault-aws-kit-docker-"))
    try:
        with _terminable(), _started(docker, dockerd, folder, environ) as host:
            yield host
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(docker: str, dockerd: str, folder: Path, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A daemon with all its files in a folder. The vfs driver works on any file system, in a container too."""
    host = {"DOCKER_HOST": f"unix://{folder}/socket"}
    places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
    argv = [dockerd, "--storage-driver=vfs", f"--host={host['DOCKER_HOST']}"]
    argv += [f"--{option}={folder / name}" for option, name in places.items()]
    log = folder / "log"
    process = start("dockerd", argv, environ, log)
    try:
        with step("Starting a Docker engine", "Started a Docker engine"):
            wait("dockerd", lambda: _answers(docker, {**environ, **host}), process, log, DEADLINE)
        yield host
    finally:
        end([process], grace=20)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end this program as Ctrl-C does, so that the engine ends too."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _answers(docker: str, environ: Mapping[str, str]) -> bool:
    return bool(answer([docker, "version", "--format", "{{.Server.Version}}"], environ).strip())
