"""What there is to revoke: the roles and teams of a spec as the catalog and Vault have them.

In an incident Vault counts, not the spec's file: a role that has left it may still have leases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from producer.iam_users import NamePattern
from producer.owned import read_owned
from vault_aws_kit import clock, contract
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import EngineEntry, TeamEntry
from vault_aws_kit.errors import CatalogMissing, CatalogUnreadable, RoleAmbiguous, RoleUnknown, TeamUnknown
from vault_aws_kit.vault import Body

SYSTEM_MAX = 32 * 86400  # Vault's longest lease where a mount says nothing else
LONGEST_SESSION = {"assumed_role": 12 * 3600, "federation_token": 36 * 3600, "session_token": 36 * 3600}
"""What AWS allows: https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html"""


@dataclass(frozen=True)
class LiveEngine:
    """An engine in Vault. `longest` (seconds) is the longest life of a lease; `key` the root key's ID."""

    name: str
    mount: str
    key: str
    pattern: NamePattern
    longest: int


@dataclass(frozen=True)
class LiveRole:
    """A role in Vault; `type` is '' where it is gone and only its leases may be left."""

    name: str
    engine: LiveEngine
    type: str
    role_arns: tuple[str, ...] = ()
    user_path: str = "/"
    max_ttl: int = 0
    rotation_period: int = 0
    username: str = ""

    @property
    def path(self) -> str:
        return f"{self.engine.mount}/{'static-roles' if self.type == 'static' else 'roles'}/{self.name}"

    @property
    def qualified(self) -> str:
        return f"{self.engine.name}/{self.name}"

    @property
    def sts(self) -> bool:
        return self.type in LONGEST_SESSION

    @property
    def longest(self) -> int:
        """The longest life of its credentials, in seconds."""
        if not self.sts:
            return self.engine.longest
        return min(self.max_ttl or self.engine.longest, LONGEST_SESSION[self.type])

    @property
    def ends(self) -> str:
        """When all that it has issued until now is dead by itself."""
        return clock.timestamp(clock.now() + timedelta(seconds=self.longest))


@dataclass(frozen=True)
class Estate:
    spec: str
    roles: tuple[LiveRole, ...]
    teams: Mapping[str, TeamEntry]

    def role(self, name: str) -> LiveRole:
        """A role by its name or ENGINE/ROLE. Raises RoleUnknown or RoleAmbiguous."""
        found = [role for role in self.roles if name in (role.name, role.qualified)]
        if not found:
            known = ", ".join(role.qualified for role in self.roles[:10]) or "none"
            raise RoleUnknown(
                f"Vault has no role {name!r} of spec {self.spec!r}; it has {known}"
                f"{' and more' if self.roles[10:] else ''}.",
                hint="See `producer status`.",
            )
        if len(found) > 1:
            raise RoleAmbiguous(
                f"Several roles have the name {name!r}: {', '.join(role.qualified for role in found)}.",
                hint="Write ENGINE/ROLE.",
            )
        return found[0]

    def team(self, name: str) -> TeamEntry:
        """Raises TeamUnknown."""
        if name not in self.teams:
            known = ", ".join(self.teams) or "none"
            raise TeamUnknown(
                f"The catalog has no team {name!r} of spec {self.spec!r}; it has {known}.",
                hint="See `producer status`.",
            )
        return self.teams[name]

    def roles_of(self, team: TeamEntry) -> list[LiveRole]:
        named = {(role.mount, role.name) for role in team.roles}
        return [role for role in self.roles if (role.engine.mount, role.name) in named]


def read_estate(catalog: Catalog, spec: str) -> Estate:
    """Raises CatalogMissing where the catalog knows no such spec."""
    engines = _engines(catalog, spec)
    if not engines:
        raise CatalogMissing(
            f"The catalog has no spec {spec!r}.",
            hint="Check the spec's name, --catalog-mount, and that it was set up with `producer setup`.",
        )
    return Estate(spec, _roles(catalog, spec, engines), _teams(catalog, spec))


def _engines(catalog: Catalog, spec: str) -> list[LiveEngine]:
    entries = [_engine_entry(catalog, spec, name) for name in catalog.names(f"{spec}/engines") if name[-1] != "/"]
    mounts = catalog.vault.read("sys/mounts") or {}
    found = [entry for entry in entries if f"{entry.mount}/" in mounts]
    configs = catalog.vault.read_many(f"{entry.mount}/config/{kind}" for entry in found for kind in ("root", "lease"))
    return [
        LiveEngine(
            entry.name,
            entry.mount,
            str((configs[f"{entry.mount}/config/root"] or {}).get("access_key") or ""),
            NamePattern(str((configs[f"{entry.mount}/config/root"] or {}).get("username_template") or "")),
            _longest(configs[f"{entry.mount}/config/lease"], mounts[f"{entry.mount}/"]),
        )
        for entry in found
    ]


def _longest(lease: Body | None, mount: Body) -> int:
    """A lease's longest life: the mount's maximum cuts off the engine's."""
    mount_max = int((mount.get("config") or {}).get("max_lease_ttl") or 0) or SYSTEM_MAX
    lease_max = clock.seconds(str((lease or {}).get("lease_max") or 0))
    return min(lease_max or mount_max, mount_max)


def _engine_entry(catalog: Catalog, spec: str, name: str) -> EngineEntry:
    place = contract.engine_path(spec, name)
    try:
        return EngineEntry.from_json(catalog.read(place) or "")
    except (ValueError, KeyError, TypeError):
        raise _unreadable(place) from None


def _teams(catalog: Catalog, spec: str) -> dict[str, TeamEntry]:
    found: dict[str, TeamEntry] = {}
    for name in catalog.names(f"{spec}/teams"):
        text = None if name.endswith("/") else catalog.read(contract.team_path(spec, name))
        try:
            found |= {name: TeamEntry.from_json(text)} if text else {}
        except (ValueError, KeyError, TypeError):
            raise _unreadable(contract.team_path(spec, name)) from None
    return found


def _roles(catalog: Catalog, spec: str, engines: Sequence[LiveEngine]) -> tuple[LiveRole, ...]:
    """Every role that is recorded as ours, also one that is gone from Vault: its leases may not be."""
    kinds = ("/roles/", "/static-roles/")
    paths = sorted(path for _, path in read_owned(catalog, spec) if any(kind in path for kind in kinds))
    answers = catalog.vault.read_many(paths)
    found: list[LiveRole] = []
    for engine in engines:
        own = [path for path in paths if path.startswith((f"{engine.mount}/roles/", f"{engine.mount}/static-roles/"))]
        found += [_role(path, engine, answers[path] or {}) for path in own]
    return tuple(found)


def _role(path: str, engine: LiveEngine, answer: Body) -> LiveRole:
    name = path.rpartition("/")[2]
    if "/static-roles/" in path:
        period, user = int(answer.get("rotation_period") or 0), str(answer.get("username") or "")
        return LiveRole(name, engine, "static", rotation_period=period, username=user)
    return LiveRole(
        name,
        engine,
        str(answer.get("credential_type") or ""),
        tuple(answer.get("role_arns") or ()),
        str(answer.get("user_path") or "/"),
        int(answer.get("max_sts_ttl") or 0),
    )


def _unreadable(place: str) -> CatalogUnreadable:
    return CatalogUnreadable(
        f"The catalog's entry {place} can't be read: it is damaged, or from a newer version of the kit.",
        hint="Upgrade vault-aws-kit, or run `producer setup`, which writes it anew.",
    )
