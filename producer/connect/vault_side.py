"""What connections need in Vault: planned as all of the producer's work is, and ours as the spec's own logins are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from producer import logins
from producer.connect.connection import Connection, connected
from producer.desired import team_acl_policy
from producer.diff import Plan, diff
from producer.freeze import Freeze, read_freeze
from producer.owned import Owned, read_owned
from producer.pipeline import observe
from producer.prune import Prune, left_over, owned_elsewhere, prune_actions
from producer.published import team_entry
from producer.resources.catalog_entry import CatalogEntry
from producer.resources.interface import Key, Resource
from producer.spec import Spec
from vault_aws_kit import contract
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import TeamEntry
from vault_aws_kit.errors import NotOurs, TeamUnknown
from vault_aws_kit.vault import Body, Vault


@dataclass(frozen=True)
class Step:
    """All connections as they are, and as they are to be. What is in both is left alone but for the teams' entries."""

    before: Sequence[Connection]
    after: Sequence[Connection]


def vault_plan(spec: Spec, step: Step, touched: Sequence[str], vault: Vault, catalog_mount: str) -> Plan:
    """What the connections with these keys need, and what of them is needed no longer. Changes nothing.

    Raises NotOurs, TeamUnknown where `producer setup` has never been run, and every VaultError.
    """
    catalog = Catalog(vault, catalog_mount)
    freeze, owned = read_freeze(catalog, spec.name), read_owned(catalog, spec.name)
    ours = [one for one in step.after if one.key in touched]
    wanted = [*of_connections(spec, ours, catalog_mount, freeze), *_entries(spec, step, touched, catalog)]
    actions = diff(wanted, observe(wanted, vault), owned, owners=lambda: owned_elsewhere(catalog, spec.name))
    rest = _gone(spec, step, touched, owned, catalog_mount)
    removals = prune_actions(rest, observe(rest, vault), owned, owned_elsewhere(catalog, spec.name), Prune())
    return Plan(spec.name, (*actions, *(replace(one, reasons=("not needed",)) for one in removals)), frozen=freeze)


def of_connections(
    spec: Spec, connections: Iterable[Connection], catalog_mount: str, freeze: Freeze = ()
) -> Iterator[Resource]:
    """The mount, its configuration, and the roles and policies to log in with."""
    bare = replace(spec, teams=tuple(replace(team, logins=()) for team in spec.teams))
    joined = connected(bare, tuple(connections))
    yield from logins.mounts(joined)
    for team in joined.teams:
        for login in team.logins:
            yield team_acl_policy(joined, team, login, catalog_mount, freeze)
            yield from logins.resources(joined, team, login)


def mount_config(
    connection: Connection, before: Sequence[Connection], spec: Spec, vault: Vault, owned: Owned, ca_pem: str = ""
) -> Mapping[str, Any]:
    """How the JWT mount finds the host's keys; {} where the spec or somebody else has seen to it already.

    `before` are the connections that there are. Raises NotOurs where the mount trusts another host.
    """
    mount = connection.mount
    if any(login.mount == mount and login.config for team in spec.teams for login in team.logins):
        return {}
    if ("auth-config", f"auth/{mount}/config") not in owned:
        found = vault.read(f"auth/{mount}/config") if f"{mount}/" in (vault.read("sys/auth") or {}) else None
        if found and _configured(found):
            _check_issuer(str(found.get("bound_issuer") or found.get("oidc_discovery_url") or ""), connection)
            return {}
    known = next((one.config for one in before if one.mount == mount and one.config), {})
    if known:
        _check_issuer(known["bound_issuer"], connection)
    return issuer_config(connection, ca_pem or known.get("oidc_discovery_ca_pem", ""))


def issuer_config(connection: Connection, ca_pem: str = "") -> dict[str, str]:
    """Whom a JWT mount of the kit's own trusts. https://developer.hashicorp.com/vault/api-docs/auth/jwt#configure"""
    ca = {"oidc_discovery_ca_pem": ca_pem} if ca_pem else {}
    return {"oidc_discovery_url": connection.issuer, "bound_issuer": connection.issuer, **ca}


def _configured(found: Body) -> bool:
    return any(found.get(name) for name in ("oidc_discovery_url", "jwks_url", "jwt_validation_pubkeys"))


def _check_issuer(trusted: str, connection: Connection) -> None:
    if trusted.rstrip("/") != connection.issuer:
        raise NotOurs(
            f"The auth method at {connection.mount}/ trusts {trusted or 'whoever has its keys'}, not "
            f"{connection.issuer}.",
            hint="Give this host a mount of its own: --jwt-mount PATH.",
        )


def _entries(spec: Spec, step: Step, touched: Sequence[str], catalog: Catalog) -> Iterator[CatalogEntry]:
    """What the catalog tells the teams, with the connections' logins as they are to be."""
    both = [*step.before, *step.after]
    for team in sorted({one.team for one in both if one.key in touched}):
        try:
            published = team_entry(spec.name, team, catalog)
        except TeamUnknown:
            if team not in {one.team for one in step.after}:
                continue  # gone from the spec, and from the catalog too
            raise
        entry = _with_logins(spec, published, step.after)
        yield CatalogEntry(catalog.mount, contract.team_path(spec.name, team), entry.to_json())


def _with_logins(spec: Spec, published: TeamEntry, connections: Sequence[Connection]) -> TeamEntry:
    """As it was published, whatever the spec has become since: only `setup` tells the teams of that."""
    own = [login for login in published.logins if not login.workspaces]
    named = [team for team in connected(spec, connections).teams if team.name == published.team]
    more = [logins.entry(spec, team, login) for team in named for login in team.logins if login.workspaces]
    return replace(published, logins=(*own, *more))


def _gone(spec: Spec, step: Step, touched: Sequence[str], owned: Owned, catalog_mount: str) -> list[Resource]:
    """What is ours of the old connections and of none that stays; the mount itself is anybody's, and stays."""
    old = [one for one in step.before if one.key in touched]
    keys: set[Key] = {key for one in old for key in _keys(spec, one)}
    keep = {resource.key for resource in of_connections(spec, step.after, catalog_mount)}
    going = {key: owned[key] for key in keys & owned.keys() if key not in keep}
    return left_over(going, set())


def _keys(spec: Spec, connection: Connection) -> Iterator[Key]:
    """Where a connection's parts stand, even if the spec has its team no more."""
    yield "auth-config", f"auth/{connection.mount}/config"
    for login in connection.logins():
        name = contract.team_policy(spec.name, connection.team, login.name)
        yield "jwt-role", f"auth/{connection.mount}/role/{name}"
        yield "acl-policy", f"sys/policies/acl/{name}"
