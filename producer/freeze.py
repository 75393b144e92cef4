"""A freeze: roles for which nobody gets new credentials until they are thawed.

It stands in the catalog, so that `setup` keeps it, and in the teams' policies, which bind live tokens at once: a
`deny` outweighs whatever else a token carries. It is added at a policy's end and can be cut off again without
knowing the spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from vault_aws_kit import contract
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_VERSION, dump, load
from vault_aws_kit.errors import CatalogUnreadable
from vault_aws_kit.templating import hcl_string

What = Literal["role", "team", "all"]

SEAL = "# Frozen by `producer revoke --freeze`; `producer thaw` takes away all that follows."
ENDPOINTS = ("creds", "sts", "static-creds")
_PATH = re.compile(r'^path ("(?:[^"\\]|\\.)*") \{', re.MULTILINE)
_CREDENTIALS = re.compile(rf"/({'|'.join(ENDPOINTS)})/[^/]+$")


@dataclass(frozen=True)
class Frozen:
    """One thing that is frozen: a role (`name` is MOUNT/roles/ROLE), a team, or all of the spec's teams."""

    what: What
    name: str
    since: str
    who: str

    def __str__(self) -> str:
        named = {"role": f"role {self.name}", "team": f"team {self.name}", "all": "all roles"}[self.what]
        return f"{named}, since {self.since} by {self.who}"


Freeze: TypeAlias = tuple[Frozen, ...]


def merged(freeze: Freeze, more: Iterable[Frozen]) -> Freeze:
    """With more of it; what is frozen already keeps its date."""
    known = {(one.what, one.name) for one in freeze}
    return (*freeze, *(one for one in more if (one.what, one.name) not in known))


def frozen_policy(hcl: str, team: str, freeze: Freeze) -> str:
    """A team's policy as this freeze wants it, whatever freeze it shows now. Nothing else of it changes."""
    own = hcl.partition(SEAL)[0].rstrip() + "\n"
    denied = list(_denied(own, team, freeze))
    if not denied:
        return own
    blocks = (f'path {path} {{\n  capabilities = ["deny"]\n}}\n' for path in denied)
    return "".join([own, "\n", SEAL, "\n", *blocks])


def read_freeze(catalog: Catalog, spec: str) -> Freeze:
    """What is frozen now. Raises CatalogUnreadable."""
    place = contract.frozen_path(spec)
    text = catalog.read(place)
    try:
        return tuple(Frozen(**one) for one in load(text)["frozen"]) if text else ()
    except (ValueError, KeyError, TypeError):
        raise CatalogUnreadable(
            f"The catalog's entry {place} can't be read: it is damaged, or from a newer version of the kit.",
            hint="Upgrade vault-aws-kit; or delete the entry, and freeze again what shall be frozen.",
        ) from None


def write_freeze(catalog: Catalog, spec: str, freeze: Freeze) -> None:
    text = dump({"version": CATALOG_VERSION, "frozen": [asdict(one) for one in freeze]})
    catalog.write(contract.frozen_path(spec), text)


def _denied(own: str, team: str, freeze: Freeze) -> Iterator[str]:
    """The policy's paths, quoted as they stand there, that give credentials which are frozen."""
    whole = any(one.what == "all" or (one.what, one.name) == ("team", team) for one in freeze)
    roles = {quoted for one in freeze if one.what == "role" for quoted in _quoted_paths(one.name)}
    for quoted in dict.fromkeys(_PATH.findall(own)):
        if quoted in roles or (whole and _CREDENTIALS.search(quoted.strip('"'))):
            yield quoted


def _quoted_paths(role: str) -> Iterator[str]:
    mount, _, name = role.rpartition("/static-roles/" if "/static-roles/" in role else "/roles/")
    yield from (hcl_string(f"{mount}/{endpoint}/{name}") for endpoint in ENDPOINTS)
