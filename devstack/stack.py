"""A stack: a Vault-compatible server with the AWS secrets engine, AWS, and Terraform, on ports that the system chose.

with running() as stack:
    subprocess.run(["terraform", "apply"], env=stack.environ(home))
"""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devstack import environment, leash, terraform
from devstack.aws import endpoint as aws
from devstack.aws.endpoint import REGION, Endpoint, Key
from devstack.errors import StackError
from devstack.folder import Folder
from devstack.processes import Process, alive, end
from devstack.servers import dev
from devstack.servers.choice import choose
from devstack.servers.interface import Server
from devstack.steps import step
from devstack.terraform.interface import Terraform

log = logging.getLogger("devstack")


@dataclass(frozen=True)
class Stack:
    """A stack that runs. `env` is what it defines, and what its `env` file exports: two of them are secrets."""

    folder: Path
    title: str
    env: Mapping[str, str] = field(repr=False)

    @property
    def vault_addr(self) -> str:
        return self.env["VAULT_ADDR"]

    @property
    def vault_token(self) -> str:
        return self.env["VAULT_TOKEN"]

    def environ(self, home: Path) -> dict[str, str]:
        """A whole environment for a process that shall see the stack, and none of the caller's settings or files."""
        return {**environment.without_foreign(os.environ), **self.env, "HOME": str(home)}


@contextmanager
def running(path: Path | None = None, *, server: str | None = None, with_terraform: bool = True) -> Iterator[Stack]:
    """A stack for as long as the block lasts, or this process lives: it ends even if this process is killed."""
    folder = path or Path(tempfile.mkdtemp(prefix="vault-aws-kit-"))
    Folder(folder.absolute()).make()
    with leash.on(folder.absolute()):
        yield up(folder, server=server, with_terraform=with_terraform)


def up(path: Path, *, server: str | None = None, with_terraform: bool = True) -> Stack:
    """Start the stack of a folder that exists, or find it running. One that can't start leaves nothing behind."""
    folder = Folder(path.absolute())
    program, tool = prepare(server, with_terraform=with_terraform)  # which may take minutes, so without the lock
    with folder.locked():
        if not is_up(folder):
            _end(folder)
            _start(folder, program, tool)
        elif tool:
            _add(folder, tool)
        return _stack(folder)


def down(path: Path) -> bool:
    """End the stack of a folder and remove what it put there; False if there is none."""
    folder = Folder(path.absolute())
    if not folder.record.exists():
        return False
    with folder.locked():
        _end(folder)
        folder.remove()
    return True


def prepare(server: str | None, *, with_terraform: bool) -> tuple[Server, Terraform | None]:
    """What a stack is made of, downloaded and built side by side where they aren't here yet."""
    source = choose(server)
    with ThreadPoolExecutor() as pool:
        program = pool.submit(source.get)
        tool = pool.submit(terraform.get) if with_terraform else None
        return program.result(), tool.result() if tool else None


def find(path: Path) -> Stack | None:
    """The stack of a folder if it runs."""
    folder = Folder(path.absolute())
    return _stack(folder) if is_up(folder) else None


def is_up(folder: Folder) -> bool:
    """Whether the stack was started to the end, and all of it still runs."""
    return folder.env.exists() and all(alive(process) for process in folder.processes())


def _start(folder: Folder, program: Server, tool: Terraform | None) -> None:
    folder.path.chmod(0o700)
    try:
        folder.write("", [])
        with step("Starting the server and AWS", f"Started {program.title} and AWS"):
            exports = _launch(folder, program)
        _export(folder, exports, tool)
    except BaseException:
        _end(folder)
        raise


def _launch(folder: Folder, server: Server) -> dict[str, str]:
    """Start the processes, each recorded as soon as it is there, so that whoever ends the stack knows of it."""
    mark = secrets.token_hex(8)
    place = folder.path / "aws"
    started: list[Process] = [aws.launch(place, folder.log("aws"), mark)]
    folder.write(server.title, started)
    endpoint = aws.ready(started[0], place, folder.log("aws"))

    def record(process: Process) -> None:
        folder.write(server.title, [*started, process])

    home = folder.path / "server"
    home.mkdir(mode=0o700)
    vault = dev.launch(server, home, folder.log("server"), endpoint, mark, record)
    return _define(folder, vault, endpoint, aws.make_admin(endpoint))


def _define(folder: Folder, vault: dev.Running, endpoint: Endpoint, admin: Key) -> dict[str, str]:
    return {
        environment.STACK: str(folder.path),
        "VAULT_ADDR": vault.addr,
        "VAULT_TOKEN": vault.token,
        **environment.proxied(endpoint.proxy),
        "AWS_CA_BUNDLE": str(endpoint.ca),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": admin.access_key_id,
        "AWS_SECRET_ACCESS_KEY": admin.secret_access_key,
    }


def _export(folder: Folder, exports: Mapping[str, str], tool: Terraform | None) -> None:
    """Write the file that says that the stack is complete."""
    text = environment.as_shell({**exports, **tool.env} if tool else exports, tool.path if tool else None)
    folder.put(folder.env, text)


def _add(folder: Folder, tool: Terraform) -> None:
    """Give a stack that runs without it Terraform too."""
    exports = {name: value for name, value in _exports(folder).items() if name != "PATH"}
    _export(folder, exports, tool)


def _exports(folder: Folder) -> dict[str, str]:
    return environment.from_shell(folder.env.read_text(), os.environ.get("PATH", os.defpath))


def _stack(folder: Folder) -> Stack:
    try:
        return Stack(folder.path, folder.title(), _exports(folder))
    except FileNotFoundError:
        raise StackError(f"The stack in {folder.path} was ended meanwhile.") from None


def _end(folder: Folder) -> None:
    end(folder.processes())
    folder.clear()
