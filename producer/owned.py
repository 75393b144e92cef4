"""The record of what is ours: which objects in Vault were made from the spec of this name.

It stands in the catalog, one entry for each kind, and is written before anything it names: a run that is killed
leaves nothing that a later run doesn't know of. What was last written is kept as a digest, so that a change of the
spec can be told from a change that somebody made in Vault.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from producer.resources import KINDS
from producer.resources.interface import Key
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_VERSION, dump, load, owned_path
from vault_aws_kit.errors import CatalogUnreadable
from vault_aws_kit.vault import Body

if TYPE_CHECKING:
    from producer.diff import Plan


@dataclass(frozen=True)
class Mark:
    """What is recorded of one object. `digest` is that of the body last written, '' while none was."""

    digest: str = ""
    protect: bool = False


Owned: TypeAlias = Mapping[Key, Mark]


def fingerprint(body: Body) -> str:
    """A digest of a body in normal form."""
    return hashlib.sha256(dump(body).encode()).hexdigest()[:16]


def read_owned(catalog: Catalog, spec: str) -> dict[Key, Mark]:
    """Everything that is ours."""
    return {(kind, path): mark for kind in KINDS for path, mark in _marks(catalog, owned_path(spec, kind)).items()}


def record_owned(catalog: Catalog, spec: str, before: Owned, after: Owned) -> None:
    """Write the kinds whose record changes, and only those."""
    objects: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for (kind, path), mark in sorted(after.items()):
        objects[kind][path] = {"digest": mark.digest, **({"protect": True} if mark.protect else {})}
    changed = {
        kind for kind, path in before.keys() | after.keys() if before.get((kind, path)) != after.get((kind, path))
    }
    for kind in sorted(changed):
        catalog.write(owned_path(spec, kind), dump({"version": CATALOG_VERSION, "objects": objects[kind]}))


def claims(owned: Owned, plan: Plan) -> dict[Key, Mark]:
    """What is recorded before a plan is carried out: all that is ours already, and all that it will make or claim."""
    ours = {a.key: owned.get(a.key, Mark()) for a in plan.actions if a.after is not None and not a.resource.shared}
    return {**owned, **{key: replace(mark, protect=key in plan.protect) for key, mark in ours.items()}}


def settled(owned: Owned, plan: Plan, failed: AbstractSet[Key]) -> dict[Key, Mark]:
    """What is recorded afterwards: the digest of what now stands there, and nothing of what is gone."""
    gone = {a.key for a in plan.actions if a.after is None and a.key not in failed}
    done = {a.key: a.after for a in plan.actions if a.after is not None and a.key in owned and a.key not in failed}
    marks = {key: replace(owned[key], digest=fingerprint(body)) for key, body in done.items()}
    return {key: mark for key, mark in {**owned, **marks}.items() if key not in gone}


def _marks(catalog: Catalog, place: str) -> Mapping[str, Mark]:
    text = catalog.read(place)
    if text is None:
        return {}
    try:
        return {str(path): Mark(**mark) for path, mark in load(text)["objects"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CatalogUnreadable(
            f"The catalog's record {place} can't be read: it is damaged, or from a newer version of the kit.",
            hint="Upgrade vault-aws-kit; or delete the record, and run `producer setup --take-over` to make it anew.",
        ) from None
