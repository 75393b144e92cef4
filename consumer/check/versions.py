"""Whether Terraform, and the vault provider that the folder pins, are new enough for what asks Vault here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from consumer.check import sources
from consumer.check.interface import Case, Check
from consumer.check.sources import Source
from consumer.render.choice import check_ephemeral, choose, too_old
from consumer.render.data_source import DataSource
from consumer.render.ephemeral import Ephemeral
from consumer.terraform import installed, look_at
from vault_aws_kit.errors import ModeImpossible, TerraformMissing
from vault_aws_kit.findings import Finding

if TYPE_CHECKING:
    from consumer.terraform import Folder, Program

_UPGRADE = (
    f"Allow Terraform {Ephemeral.terraform.version} and vault provider {Ephemeral.vault_provider.version}, run "
    "`terraform init -upgrade`, and render with --mode ephemeral."
)


class Versions(Check):
    title: ClassVar[str] = "Versions"

    def look(self, case: Case) -> Iterator[Finding]:
        folder, program = look_at(case.folder), installed(case.environment)
        yield from judge(folder, sources.find(case.folder), program)
        for file in folder.unreadable:
            yield Finding(
                "skipped", file, "It can't be read as Terraform's language.", "`terraform validate` says why."
            )


def judge(folder: Folder, found: Sequence[Source], program: Program | None) -> Iterator[Finding]:
    kinds = {source.kind for source in found}
    broken = [*_ephemeral(folder, program)] if "ephemeral" in kinds else []
    floor = DataSource.static_roles if any(source.static for source in found) else DataSource.vault_provider
    if "data" in kinds and not broken:
        broken = [Finding("error", "vault provider", told, _UPGRADE) for told in too_old(folder, floor)]
    yield from broken or _possible(folder, program, data="data" in kinds)


def _ephemeral(folder: Folder, program: Program | None) -> Iterator[Finding]:
    """Why the ephemeral resources here can't work."""
    pinned = too_old(folder, Ephemeral.vault_provider)
    yield from (Finding("error", "vault provider", told, _UPGRADE) for told in pinned)
    try:
        if not pinned:
            check_ephemeral(folder, program)
    except ModeImpossible as error:
        yield Finding("error", "Terraform", error.message, error.hint)


def _possible(folder: Folder, program: Program | None, *, data: bool) -> Iterator[Finding]:
    """Nothing is broken: whether more would be possible."""
    try:
        choice = choose(folder, lambda: program)
    except TerraformMissing as error:
        yield Finding("skipped", "Terraform", error.message, "Have it on PATH.")
        return
    if choice.mode != Ephemeral.name:
        told = f"Too old for the ephemeral mode, so that credentials are written to plan and state: {choice.why}."
        yield Finding("warning", "versions", told, _UPGRADE)
    elif data:
        told = "Data sources write credentials to plan and state, and nothing here needs them to."
        yield Finding("info", "versions", told, "Render again with --mode ephemeral.")
    else:
        yield Finding("ok", "versions", f"{choice.why[0].upper()}{choice.why[1:]}.")
