"""The record of what is ours: which objects in Vault were made from the spec of this name.

It stands in the catalog, one entry for each kind, and is written before anything it names: a run that is killed
leaves nothing that a later run doesn't know of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from producer.diff import Key
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_VERSION, dump, load, owned_path
from vault_aws_kit.errors import CatalogUnreadable


def read_owned(catalog: Catalog, spec: str, kinds: Iterable[str]) -> frozenset[Key]:
    """Every (kind, path) that is ours."""
    return frozenset((kind, path) for kind in kinds for path in _paths(catalog, owned_path(spec, kind)))


def record_owned(catalog: Catalog, spec: str, before: frozenset[Key], after: frozenset[Key]) -> None:
    """Write the kinds whose record changes, and only those."""
    paths: defaultdict[str, set[str]] = defaultdict(set)
    for kind, path in after:
        paths[kind].add(path)
    for kind in sorted({kind for kind, _ in before ^ after}):
        record = {"version": CATALOG_VERSION, "paths": sorted(paths[kind])}
        catalog.write(owned_path(spec, kind), dump(record))


def _paths(catalog: Catalog, place: str) -> list[str]:
    text = catalog.read(place)
    if text is None:
        return []
    try:
        return [str(path) for path in load(text)["paths"]]
    except (ValueError, KeyError, TypeError):
        raise CatalogUnreadable(
            f"The catalog's record {place} can't be read: it is damaged, or from a newer version of the kit.",
            hint="Upgrade vault-aws-kit; or delete the record, and run `producer setup --take-over` to make it anew.",
        ) from None
