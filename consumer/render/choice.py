"""Choosing a mode by the versions that a folder and this machine have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from consumer.render.data_source import DataSource
from consumer.render.ephemeral import Ephemeral
from consumer.render.floors import Floor
from consumer.terraform import LOCK_FILE, Constraint, Folder, Program, leaves_any
from vault_aws_kit.errors import ModeImpossible, TerraformMissing

PROVIDER = Ephemeral.vault_provider.number
TERRAFORM = Ephemeral.terraform.number


@dataclass(frozen=True)
class Choice:
    mode: str
    why: str


def choose(
    folder: Folder, installed: Callable[[], Program | None], on_path: Callable[[], Sequence[str]] = list
) -> Choice:
    """The best mode that works here. Terraform is asked only where the folder leaves it open.

    `on_path` tells which programs there are, for an error where none of them told its version.

    Raises TerraformMissing.
    """
    obstacle = _constraint_obstacle(folder) or _lock_obstacle(folder)
    if obstacle:
        return Choice(DataSource.name, obstacle)
    program = installed()
    if not program:
        raise _missing(on_path())
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


def too_old(folder: Folder, vault: Floor | None) -> list[str]:
    """What the folder pins below what the file needs of the vault provider, each as a sentence for a person."""
    if vault is None:
        return []
    needs = f"and what was rendered needs {vault.version}, {vault.why}"
    found = []
    if not leaves_any(folder.constraints, vault.number):
        found.append(f"{_said(folder.constraints, 'vault provider')}, {needs}: allow it there.")
    if folder.locked is not None and folder.locked < vault.number:
        found.append(f"{LOCK_FILE} locks vault provider {folder.locked}, {needs}: run `terraform init -upgrade`.")
    return found


def _missing(silent: Sequence[str]) -> TerraformMissing:
    modes = f"ay which: --mode ephemeral (from {TERRAFORM} on) or --mode data-source."
    if silent:
        asked = " and ".join(f"`{path} version -json`" for path in silent)
        return TerraformMissing(
            f"{asked} told no version, so the mode can't be chosen by it.", hint=f"See what it says, or s{modes}"
        )
    return TerraformMissing(
        "Neither Terraform nor OpenTofu is installed here, so the mode can't be chosen by its version.",
        hint=f"S{modes}",
    )


def _constraint_obstacle(folder: Folder) -> str:
    if not leaves_any(folder.constraints, PROVIDER):
        return f"{_said(folder.constraints, 'vault provider')}, and ephemeral needs {PROVIDER}"
    if not leaves_any(folder.terraform, TERRAFORM):
        return f"{_said(folder.terraform, 'Terraform')}, and ephemeral needs {TERRAFORM}"
    return ""


def _said(constraints: Sequence[Constraint], what: str) -> str:
    return " and ".join(f"{one.file} asks for {what} {one.text!r}" for one in constraints)


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
