"""A stack: a Vault-compatible server with the AWS secrets engine, AWS, and Terraform, on ports that the system chose.

with running() as stack:
    subprocess.run(["terraform", "apply"], env=stack.environ(home))
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from devstack import environment, leash, terraform
from devstack.aws import endpoint as aws
from devstack.aws.endpoint import REGION, Endpoint, Key
from devstack.errors import StackError
from devstack.folder import Folder
from devstack.processes import alive, end
from devstack.programs import interrupt
from devstack.servers import choice
from devstack.servers.dev import accepts
from devstack.servers.interface import Running, Server
from devstack.steps import step
from devstack.terraform.interface import Terraform

log = logging.getLogger("devstack")

COMMANDS = tuple(Path(sys.executable).parent / name for name in ("producer", "consumer"))


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
def running(
    path: Path | None = None, *, server: Server | str | None = None, with_terraform: bool = True
) -> Iterator[Stack]:
    """A stack for as long as the block lasts, or this process lives: it ends even if this process is killed."""
    folder = path or Path(tempfile.mkdtemp(prefix="vault-aws-kit-"))
    Folder(folder.absolute()).make()
    with leash.on(folder.absolute()):
        yield up(folder, server=server, with_terraform=with_terraform)


def up(path: Path, *, server: Server | str | None = None, with_terraform: bool = True) -> Stack:
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


def add_terraform(stack: Stack) -> Stack:
    """The same stack, with Terraform."""
    tool = terraform.get()
    folder = Folder(stack.folder)
    with folder.locked():
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


def prepare(server: Server | str | None, *, with_terraform: bool) -> tuple[Server, Terraform | None]:
    """What a stack is made of, downloaded and built side by side where they aren't here yet."""
    with ThreadPoolExecutor() as pool:
        program = pool.submit(lambda: server if isinstance(server, Server) else choice.get(server))
        tool = pool.submit(terraform.get) if with_terraform else None
        try:
            return program.result(), tool.result() if tool else None
        except BaseException:
            interrupt()
            raise


def find(path: Path) -> Stack | None:
    """The stack of a folder if it runs."""
    folder = Folder(path.absolute())
    return _stack(folder) if is_up(folder) else None


def is_up(folder: Folder) -> bool:
    """Whether the stack was started to the end, and all of it still runs."""
    if not folder.env.exists() or not all(alive(process) for process in folder.processes()):
        return False
    return folder.project() is None or accepts(*itemgetter("VAULT_ADDR", "VAULT_TOKEN")(_exports(folder)))


def _start(folder: Folder, program: Server, tool: Terraform | None) -> None:
    folder.path.chmod(0o700)
    try:
        folder.begin(program.title)
        with step("Starting the server and AWS", f"Started {program.title} and AWS"):
            vault, endpoint = program.launch(folder)
            exports = _define(folder, vault, endpoint, aws.make_admin(endpoint))
        folder.link([*COMMANDS, *program.programs])
        _export(folder, exports, tool)
    except BaseException:
        _end(folder)
        raise


def _define(folder: Folder, vault: Running, endpoint: Endpoint, admin: Key) -> dict[str, str]:
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
    folders = [folder.bin, *([tool.path] if tool and tool.path else [])]
    folder.put(folder.env, environment.as_shell({**exports, **tool.env} if tool else exports, *folders))


def _add(folder: Folder, tool: Terraform) -> None:
    """Export Terraform's variables too."""
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
    if project := folder.project():
        project.down()
    folder.clear()
