"""The `terraform` that the user has on PATH."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from devstack import environment
from devstack.programs import answer
from devstack.terraform.interface import Program, Source
from devstack.versions import OLDEST_TERRAFORM


class Installed(Source):
    def available(self) -> bool:
        numbers = tuple(int(number) for number in re.findall(r"\d+", _version())[:3])
        return numbers >= OLDEST_TERRAFORM

    def get(self) -> Program:
        return Program(f"Terraform v{_version()} from PATH")


def _version() -> str:
    """ "1.11.4"; '' where there is none."""
    path = shutil.which("terraform")
    said = answer([Path(path), "version", "-json"], environment.without_foreign(os.environ)) if path else ""
    return str(json.loads(said)["terraform_version"]) if said else ""
