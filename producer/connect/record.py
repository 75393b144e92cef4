"""The record of the connections: one entry in the catalog, so that `setup` knows of them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from producer.connect.connection import Access, Connection, Connections
from vault_aws_kit import contract
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_VERSION, dump, load
from vault_aws_kit.errors import CatalogUnreadable
from vault_aws_kit.hcp import Phased


def read_connections(catalog: Catalog, spec: str) -> Connections:
    """Every connection of a spec. Raises CatalogUnreadable."""
    place = contract.connections_path(spec)
    text = catalog.read(place)
    try:
        return tuple(map(_connection, load(text)["connections"])) if text else ()
    except (ValueError, KeyError, TypeError):
        raise CatalogUnreadable(
            f"The catalog's entry {place} can't be read: it is damaged, or from a newer version of the kit.",
            hint="Upgrade vault-aws-kit; or delete the entry, and connect the workspaces again.",
        ) from None


def write_connections(catalog: Catalog, spec: str, connections: Sequence[Connection]) -> None:
    listed = [asdict(one) for one in sorted(connections, key=lambda one: one.key)]
    catalog.write(contract.connections_path(spec), dump({"version": CATALOG_VERSION, "connections": listed}))


def _connection(value: Mapping[str, Any]) -> Connection:
    access = tuple(Access(one["tag"], Phased(**one["role"]), Phased(**one["arn"])) for one in value["access"])
    lists = {name: tuple(value[name]) for name in ("workspaces", "workspace_ids")}
    return Connection(**{**value, **lists, "access": access})
