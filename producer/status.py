"""What a spec has made of Vault: its engines, roles and teams, the leases they have, and what is left over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from producer import root
from producer.connect.connection import Connection, connected
from producer.connect.record import read_connections
from producer.desired import Desired, role_resource
from producer.freeze import read_freeze
from producer.owned import read_owned
from producer.pipeline import observe, remembered
from producer.prune import count_leases
from producer.spec import Engine, Spec
from vault_aws_kit import clock
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.vault import PARALLEL, Vault


@dataclass(frozen=True)
class EngineStatus:
    """`key` is the access key ID in Vault; `rotated` says that it isn't the one the kit wrote.

    `key_made` is when it was made or written, '' where the catalog doesn't know; `key_old` says that this is longer ago
    than the spec's `rotate_after`.
    """

    name: str
    mount: str
    region: str
    state: str
    key: str
    key_written: str
    rotated: bool
    key_made: str = ""
    key_old: bool = False


@dataclass(frozen=True)
class RoleStatus:
    """`leases` counts the active ones; None where the token may not list them."""

    name: str
    type: str
    state: str
    leases: int | None


@dataclass(frozen=True)
class TeamStatus:
    name: str
    roles: Sequence[str]
    logins: Sequence[str]
    state: str


@dataclass(frozen=True)
class WorkspaceStatus:
    """A workspace, or a variable set for several, whose runs log in; `state` is that of the login in Vault."""

    name: str
    host: str
    team: str
    roles: Sequence[str]
    state: str


@dataclass(frozen=True)
class Status:
    """`left_over` are ours but no longer in the spec, `protected` likewise, but no prune deletes them; `not_ours` are
    roles of our engines that nobody here made; `frozen` gives no new credentials for now."""

    spec: str
    engines: Sequence[EngineStatus]
    roles: Sequence[RoleStatus]
    teams: Sequence[TeamStatus]
    left_over: Sequence[str]
    not_ours: Sequence[str]
    frozen: Sequence[str] = ()
    protected: Sequence[str] = ()
    workspaces: Sequence[WorkspaceStatus] = ()


def status(spec: Spec, vault: Vault, catalog_mount: str = CATALOG_MOUNT) -> Status:
    """Look, and change nothing."""
    catalog = Catalog(vault, catalog_mount)
    connections = read_connections(catalog, spec.name)
    states = _states(connected(spec, connections), vault, catalog)
    ours = read_owned(catalog, spec.name)
    wanted_paths = {path for path, _ in states.items()}
    rest = {key: mark for key, mark in ours.items() if key[1] not in wanted_paths}
    return Status(
        spec=spec.name,
        engines=[_engine(engine, spec, vault, catalog, states) for engine in spec.engines],
        roles=_roles(spec, vault, states),
        teams=[
            TeamStatus(
                team.name,
                team.roles,
                [login.method for login in team.logins],
                states[f"sys/policies/acl/vak-{spec.name}-{team.name}"],
            )
            for team in spec.teams
        ],
        left_over=sorted(f"{kind} {path}" for (kind, path), mark in rest.items() if not mark.protect),
        not_ours=_strangers(spec, vault, {path for _, path in ours} | wanted_paths),
        frozen=[str(one) for one in read_freeze(catalog, spec.name)],
        protected=sorted(f"{kind} {path}" for (kind, path), mark in rest.items() if mark.protect),
        workspaces=[_workspace(one, spec, states) for one in connections],
    )


def _states(spec: Spec, vault: Vault, catalog: Catalog) -> Mapping[str, str]:
    """For each path that the spec asks for: "in place", "differs" or "missing"."""
    keys = {engine.name: root.RootKey() for engine in spec.engines}
    resources = Desired(spec, keys, catalog.mount, read_freeze(catalog, spec.name)).resources()
    observed = observe(resources, vault)
    states: dict[str, str] = {}
    for resource in resources:
        found = observed[resource.kind, resource.path]
        state = "missing" if found is None else "in place" if found == resource.body() else "differs"
        states[resource.path] = state
    return states


def _engine(engine: Engine, spec: Spec, vault: Vault, catalog: Catalog, states: Mapping[str, str]) -> EngineStatus:
    key = str((vault.read(f"{engine.mount}/config/root") or {}).get("access_key") or "")
    fact = remembered(catalog, spec, engine)
    made = fact.key_made(key) if fact and key else ""
    return EngineStatus(
        name=engine.name,
        mount=engine.mount,
        region=engine.region,
        state=states[f"sys/mounts/{engine.mount}"],
        key=key,
        key_written=fact.key_written if fact else "",
        rotated=bool(fact and fact.access_key_id and key and fact.access_key_id != key),
        key_made=made,
        key_old=_too_old(made, engine.root.rotate_after),
    )


def _too_old(made: str, limit: int) -> bool:
    return bool(limit and made) and (clock.now() - clock.moment(made)).total_seconds() > limit


def _roles(spec: Spec, vault: Vault, states: Mapping[str, str]) -> list[RoleStatus]:
    paths = [role_resource(spec, role).path for role in spec.roles]
    with ThreadPoolExecutor(PARALLEL) as pool:
        counts = list(pool.map(lambda path: 0 if "/static-roles/" in path else count_leases(vault, path), paths))
    return [
        RoleStatus(role.qualified, role.type, states[path], count)
        for role, path, count in zip(spec.roles, paths, counts, strict=True)
    ]


def _workspace(connection: Connection, spec: Spec, states: Mapping[str, str]) -> WorkspaceStatus:
    """What the spec has no role for any more is not wanted, whatever stands in Vault."""
    role = connection.login_role(spec.name)
    paths = {f"auth/{connection.mount}/role/{name}" for name in (role.plan, role.apply)}
    found = {states.get(path, "not in the spec") for path in paths}
    roles = sorted({name for one in connection.access for name in (one.role.plan, one.role.apply)})
    state = found.pop() if len(found) == 1 else "differs"
    return WorkspaceStatus(connection.place, connection.host, connection.team, roles, state)


def _strangers(spec: Spec, vault: Vault, known: set[str]) -> list[str]:
    found: list[str] = []
    for engine in spec.engines:
        for folder in (f"{engine.mount}/roles", f"{engine.mount}/static-roles"):
            paths = (f"{folder}/{name}" for name in vault.names(folder))
            found += [path for path in paths if path not in known]
    return found
