"""Names that a shell completes for the consumer: what the caller's token, or a catalog file, has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from vault_aws_kit import completion

if TYPE_CHECKING:
    from consumer.roles import Access


def _roles(ctx: click.Context) -> Mapping[str, str]:
    access = _access(ctx, ctx.params.get("team") or "")
    return {access.name_of(role): " ".join(filter(None, (role.type, role.account))) for role in access.roles}


def _teams(ctx: click.Context) -> Mapping[str, str]:
    return {f"{team.spec}/{team.team}": f"{len(team.roles)} roles" for team in _access(ctx, "").teams}


def _access(ctx: click.Context, team: str) -> Access:
    from consumer.offline import access_from_file
    from consumer.roles import find_access

    if file := ctx.params.get("catalog_file"):
        return access_from_file(file, team)
    with completion.connection(ctx) as vault:
        return find_access(vault, completion.catalog_mount(ctx), team)


roles = completion.names(_roles)
teams = completion.names(_teams)
