"""What a team may use, from Vault or, where that can't be reached, from a file of `producer export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consumer import session
from consumer.roles import Access, find_access
from consumer.token import TokenInfo
from vault_aws_kit import catalog_file
from vault_aws_kit.errors import TeamUnknown

if TYPE_CHECKING:
    from pathlib import Path

    from vault_aws_kit.terminal import VaultOptions


def access_from(file: Path | None, vault: VaultOptions, team: str) -> Access:
    """By the file alone where one is given; else by Vault. Raises CatalogFileDamaged, and what `find_access` does."""
    if file:
        return access_from_file(file, team)
    with session.connect(vault, team) as connection:
        return find_access(connection, vault.catalog_mount, team)


def access_from_file(file: Path, team: str = "") -> Access:
    """The team's whole access, without any token to narrow it. Raises CatalogFileDamaged, TeamUnknown."""
    entry = catalog_file.read(file)
    if team not in ("", entry.team, f"{entry.spec}/{entry.team}"):
        raise TeamUnknown(
            f"{file} is the catalog of {entry.spec}/{entry.team}, and not of {team}.",
            hint="Leave --team out, or use that team's own file.",
        )
    return Access(TokenInfo(policies=()), (entry,))
