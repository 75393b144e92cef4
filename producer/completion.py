"""Names that a shell completes for the producer: what the catalog has, of every spec or of `--name`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from vault_aws_kit import completion

if TYPE_CHECKING:
    from vault_aws_kit.catalog import Catalog


def _teams(ctx: click.Context) -> Mapping[str, str]:
    from vault_aws_kit.catalog import Catalog

    with completion.connection(ctx) as vault:
        found = list(_pairs(Catalog(vault, completion.catalog_mount(ctx)), ctx.params.get("spec_name") or ""))
    return {team: f"of {spec}" for spec, team in found}


def _roles(ctx: click.Context) -> Mapping[str, str]:
    from producer.published import team_entry
    from vault_aws_kit.catalog import Catalog

    with completion.connection(ctx) as vault:
        catalog = Catalog(vault, completion.catalog_mount(ctx))
        entries = [team_entry(*pair, catalog) for pair in _pairs(catalog, ctx.params.get("spec_name") or "")]
    return {role.name: role.type for entry in entries for role in entry.roles}


def _pairs(catalog: Catalog, spec: str) -> Iterator[tuple[str, str]]:
    """Each spec with each of its teams."""
    for name in [spec] if spec else [name.rstrip("/") for name in catalog.names() if name.endswith("/")]:
        for team in catalog.names(f"{name}/teams"):
            if not team.endswith("/"):  # a folder holds the parts of a long entry
                yield name, team


roles = completion.names(_roles)
teams = completion.names(_teams)
