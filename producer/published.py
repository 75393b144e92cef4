"""What the catalog tells the teams, as it stands in Vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_aws_kit import contract
from vault_aws_kit.contract import TeamEntry
from vault_aws_kit.errors import CatalogUnreadable, TeamUnknown

if TYPE_CHECKING:
    from vault_aws_kit.catalog import Catalog


def team_entry(spec: str, team: str, catalog: Catalog) -> TeamEntry:
    """A team's entry. Raises TeamUnknown, CatalogUnreadable."""
    place = contract.team_path(spec, team)
    text = catalog.read(place)
    if text is None:
        known = ", ".join(catalog.names(f"{spec}/teams")) or "none"
        raise TeamUnknown(
            f"The catalog has no team {team!r} in spec {spec!r}; it has {known}.",
            hint="Correct the name, or add the team to the spec and run `producer setup`.",
        )
    try:
        return TeamEntry.from_json(text)
    except (ValueError, KeyError, TypeError):
        raise CatalogUnreadable(
            f"The catalog's entry {place} can't be read: it is damaged, or from a newer version of the kit.",
            hint="Upgrade vault-aws-kit, or run `producer setup`, which writes it anew.",
        ) from None
