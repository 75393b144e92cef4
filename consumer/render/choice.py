"""Choosing a mode by the versions that a folder and this machine have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from packaging.version import Version

from consumer.render.data_source import DataSource
from consumer.render.ephemeral import Ephemeral
from consumer.terraform import LOCK_FILE, Folder, Program
from vault_aws_kit.errors import ModeImpossible, TerraformMissing

PROVIDER = Version(Ephemeral.vault_provider)
TERRAFORM = Version(Ephemeral.terraform)


@dataclass(frozen=True)
class Choice:
    mode: str
    why: str


def choose(folder: Folder, installed: Callable[[], Program | None]) -> Choice:
    """The best mode that works here. Terraform is asked only where the folder leaves it open.

    Raises TerraformMissing.
    """
    obstacle = _constraint_obstacle(folder) or _lock_obstacle(folder)
    if obstacle:
        return Choice(DataSource.name, obstacle)
    program = installed()
    if not program:
        raise TerraformMissing(
            "Neither Terraform nor OpenTofu is installed here, so the mode can't be chosen by its version.",
            hint=f"Say which: --mode ephemeral (from {TERRAFORM} on) or --mode data-source.",
        )
    if program.version < TERRAFORM:
        return Choice(DataSource.name, f"{program} is older than {TERRAFORM}")
    return Choice(Ephemeral.name, f"{program} keeps ephemeral credentials out of plan and state{_with(folder)}")


def check_ephemeral(folder: Folder, program: Program | None) -> None:
    """Raises ModeImpossible where ephemeral was asked for by name, and can't work here."""
    obstacle = _constraint_obstacle(folder)
    if not obstacle and program and program.version < TERRAFORM:
        obstacle = f"{program} is older than {TERRAFORM}"
    if obstacle:
        raise ModeImpossible(
            f"The ephemeral mode can't work here: {obstacle}.", hint="Upgrade, or use --mode data-source."
        )


def _constraint_obstacle(folder: Folder) -> str:
    if folder.newest_from(PROVIDER):
        return ""
    said = " and ".join(f"{one.file} asks for vault provider {one.text!r}" for one in folder.constraints)
    return f"{said}, and ephemeral needs {PROVIDER}"


def _lock_obstacle(folder: Folder) -> str:
    if folder.locked is None or folder.locked >= PROVIDER:
        return ""
    return f"{LOCK_FILE} locks vault provider {folder.locked}, and ephemeral needs {PROVIDER}"


def _with(folder: Folder) -> str:
    if folder.locked is not None:
        return f", and {LOCK_FILE} locks vault provider {folder.locked}"
    if folder.constraints:
        return f", and {folder.constraints[0].file} allows vault provider {PROVIDER}"
    return ", and no vault provider is pinned here"
