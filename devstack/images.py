"""Images for tests/docker-compose.yml out of parts that are on this machine, for where no image registry answers.

Each is one layer: the server's static program and the engine; or this machine's Python, its libraries, and moto.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from devstack import pip, programs
from devstack.errors import CommandFailed
from devstack.servers.embedded import Embedded
from devstack.steps import step

VAULT_IMAGE = "vault-aws-kit/vault:local"
AWS_IMAGE = "vault-aws-kit/aws:local"
VAULT_COMMAND = "server -dev -dev-no-store-token -dev-listen-address=0.0.0.0:8200 -dev-plugin-dir=/plugins"
CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"

_UNNEEDED = {"test", "idlelib", "tkinter", "ensurepip", "site-packages", "__pycache__"}
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")


def build(docker: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Make both images in the engine that `docker` talks to; the variables that make Compose use them."""
    with step("Making images of the server and of AWS", "Made the images"):
        _import(docker, environ, VAULT_IMAGE, _vault, ['ENTRYPOINT ["/bin/vault"]', "ENV HOME=/tmp"])
        _import(docker, environ, AWS_IMAGE, _aws, ["ENV PATH=/python/bin PYTHONPATH=/site HOME=/tmp"])
    return {
        "VAULT_AWS_KIT_VAULT_IMAGE": VAULT_IMAGE,
        "VAULT_AWS_KIT_VAULT_COMMAND": VAULT_COMMAND,
        "VAULT_AWS_KIT_AWS_IMAGE": AWS_IMAGE,
    }


def _import(
    docker: str, environ: Mapping[str, str], image: str, fill: Callable[[tarfile.TarFile], None], changes: Iterable[str]
) -> None:
    """Stream a file system to `docker import`, which makes it an image of one layer."""
    flags = [word for change in changes for word in ("--change", change)]
    with subprocess.Popen(
        [docker, "import", *flags, "-", image],
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as importing:
        assert importing.stdin is not None  # noqa: S101 - it was asked for
        with importing.stdin, tarfile.open(mode="w|", fileobj=importing.stdin) as tar:
            tar.addfile(_folder("tmp", mode=0o1777))
            fill(tar)
        said = importing.stdout.read() if importing.stdout else b""
    if importing.returncode:
        raise CommandFailed(f"docker import of {image} ended with {importing.returncode}: {said.decode()}")


def _vault(tar: tarfile.TarFile) -> None:
    server = Embedded().parts()
    tar.add(server.program, "bin/vault")
    assert server.plugins is not None  # noqa: S101 - OpenBao always has them
    tar.add(server.plugins / "aws", "plugins/aws")


def _aws(tar: tarfile.TarFile) -> None:
    site = pip.packages(f"moto[server]=={version('moto')}", what="moto for its image", constraints=CONSTRAINTS)
    python = Path(sys.base_prefix)
    library = Path(sysconfig.get_path("stdlib"))
    interpreter = Path(str(getattr(sys, "_base_executable", sys.executable))).resolve()
    tar.add(interpreter, "python/bin/python")
    tar.add(library, f"python/{library.relative_to(python)}", filter=_needed)
    tar.add(site, "site", filter=_needed)
    extensions = [*(library / "lib-dynload").glob("*.so"), *site.rglob("*.so")]
    for path in _libraries([interpreter, *extensions]):
        _add_file(tar, path)


def _needed(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if Path(member.name).name in _UNNEEDED else member


def _libraries(binaries: Iterable[Path]) -> set[str]:
    """What the dynamic linker would load for the binaries, itself included, at the places where it looks."""
    said = programs.run(["ldd", *binaries], {})
    return set(_LIBRARY.findall(said))


def _add_file(tar: tarfile.TarFile, path: str) -> None:
    """Add what a path leads to, under that path."""
    data = Path(path).read_bytes()
    member = tarfile.TarInfo(path.lstrip("/"))
    member.size, member.mode = len(data), 0o755
    tar.addfile(member, io.BytesIO(data))


def _folder(name: str, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, mode
    return member
