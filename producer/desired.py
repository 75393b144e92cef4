"""From a spec to the resources that it asks for. Pure: nothing is read from Vault or AWS here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from producer.freeze import Freeze, frozen_policy
from producer.resources.acl_policy import AclPolicy
from producer.resources.approle import AppRole
from producer.resources.aws_role import AwsRole
from producer.resources.catalog_entry import CatalogEntry
from producer.resources.interface import Resource
from producer.resources.lease_config import LeaseConfig
from producer.resources.mount import AuthMount, AwsMount, CatalogMount
from producer.resources.static_role import StaticRole
from producer.root import RootKey, engine_entry, root_config
from producer.spec import Engine, Login, Role, Spec, Team
from vault_aws_kit import contract, templating
from vault_aws_kit.contract import CATALOG_MOUNT, LoginEntry, RoleEntry, TeamEntry

STS_DEFAULT_TTL = 3600  # the engine's own default where a role has none
SECRET_ID_TTL = 90 * 86400
TOKEN_MAX_TTL = 24 * 3600  # how long a token can be renewed for, where no lease is longer


@dataclass(frozen=True)
class Desired:
    """All that a spec asks for, given the root key of each engine (by the engine's name) and what is frozen."""

    spec: Spec
    keys: Mapping[str, RootKey]
    catalog_mount: str = CATALOG_MOUNT
    freeze: Freeze = ()

    def resources(self) -> tuple[Resource, ...]:
        return (*self._mounts(), *self._engines(), *self._roles(), *self._teams(), *self._catalog())

    def _mounts(self) -> Iterator[Resource]:
        yield CatalogMount(self.catalog_mount, "kv", "Catalog of vault-aws-kit: no secrets", version="2")
        methods = {login.mount: login.method for team in self.spec.teams for login in team.logins}
        for mount, method in methods.items():
            yield AuthMount(mount, method)

    def _engines(self) -> Iterator[Resource]:
        for engine in self.spec.engines:
            yield _aws_mount(engine, longest_lease(self.spec, engine))
            yield root_config(engine, self.keys[engine.name])
            if engine.lease:
                yield LeaseConfig(engine.mount, engine.lease.default, engine.lease.max)

    def _roles(self) -> Iterator[Resource]:
        for role in self.spec.roles:
            yield role_resource(self.spec, role)

    def _teams(self) -> Iterator[Resource]:
        for team in self.spec.teams:
            name = contract.team_policy(self.spec.name, team.name)
            hcl = team_policy(self.spec, team, self.catalog_mount)
            yield AclPolicy(name, frozen_policy(hcl, team.name, self.freeze))
            for login in team.logins:
                yield _approle(name, login, longest_team_lease(self.spec, team))

    def _catalog(self) -> Iterator[Resource]:
        for team in self.spec.teams:
            entry = team_entry(self.spec, team)
            yield CatalogEntry(self.catalog_mount, contract.team_path(self.spec.name, team.name), entry.to_json())
        for engine in self.spec.engines:
            fact = engine_entry(engine, self.keys[engine.name])
            yield CatalogEntry(self.catalog_mount, contract.engine_path(self.spec.name, engine.name), fact.to_json())


# ── how long leases live ─────────────────────────────────────────────────────────────────────────


def longest_role_lease(spec: Spec, role: Role) -> int:
    """The longest life, in seconds, that credentials of a role can have where the engine's mount allows it."""
    if role.type == "static":
        return 0
    if role.type == "iam_user":
        lease = spec.engine_named[role.engine].lease
        return lease.max if lease else 0
    return role.max_ttl or max(role.default_ttl, STS_DEFAULT_TTL)


def longest_lease(spec: Spec, engine: Engine) -> int:
    """What the engine's mount must allow: Vault cuts every lease down to the mount's maximum."""
    roles = [role for role in spec.roles if role.engine == engine.name]
    return max([engine.lease.max if engine.lease else 0, *(longest_role_lease(spec, role) for role in roles)])


def longest_team_lease(spec: Spec, team: Team) -> int:
    """What the team's tokens must outlive: an iam_user lease dies with the token that asked for it."""
    return max([0, *(longest_role_lease(spec, spec.role_named[name]) for name in team.roles)])


# ── one spec item, one resource or entry ─────────────────────────────────────────────────────────


def _aws_mount(engine: Engine, longest: int) -> AwsMount:
    tune = dict(engine.tune)
    longest = tune.pop("max_lease_ttl", longest)
    return AwsMount(engine.mount, "aws", "AWS credentials (vault-aws-kit)", max_ttl=longest, tune=tune)


def role_resource(spec: Spec, role: Role) -> AwsRole | StaticRole:
    """What stands in Vault for a role."""
    mount = spec.engine_named[role.engine].mount
    if role.type == "static":
        return StaticRole(mount, role.name, role.username, role.rotation_period)
    return _aws_role(role, mount)


def _aws_role(role: Role, mount: str) -> AwsRole:
    return AwsRole(
        mount=mount,
        name=role.name,
        credential_type=role.type,
        policy_document=role.policy_document,
        policy_arns=role.policy_arns,
        role_arns=role.role_arns,
        iam_groups=role.groups,
        iam_tags=role.tags,
        permissions_boundary_arn=role.permissions_boundary,
        user_path=role.path,
        external_id=role.external_id,
        session_tags=role.session_tags,
        default_sts_ttl=role.default_ttl,
        max_sts_ttl=role.max_ttl,
        mfa_serial_number=role.mfa_serial_number,
    )


def _approle(name: str, login: Login, longest: int) -> AppRole:
    token_ttl = login.token_ttl or longest
    return AppRole(
        mount=login.mount,
        name=name,
        policy=name,
        token_ttl=token_ttl,
        token_max_ttl=login.token_max_ttl or max(token_ttl, TOKEN_MAX_TTL),
        secret_id_ttl=login.secret_id_ttl or SECRET_ID_TTL,
    )


def team_policy(spec: Spec, team: Team, catalog_mount: str) -> str:
    """The HCL of a team's ACL policy."""
    return (
        templating.environment()
        .get_template("vault/team-policy.hcl.j2")
        .render(
            spec=spec.name,
            team=team.name,
            roles=[_role_entry(spec, name) for name in team.roles],
            catalog=contract.team_path(spec.name, team.name),
            catalog_mount=catalog_mount,
        )
    )


def team_entry(spec: Spec, team: Team) -> TeamEntry:
    """What the catalog tells a team."""
    name = contract.team_policy(spec.name, team.name)
    return TeamEntry(
        spec=spec.name,
        team=team.name,
        roles=tuple(_role_entry(spec, role) for role in team.roles),
        logins=tuple(LoginEntry(login.method, login.mount, name) for login in team.logins),
    )


def _role_entry(spec: Spec, qualified: str) -> RoleEntry:
    role = spec.role_named[qualified]
    engine = spec.engine_named[role.engine]
    return RoleEntry(
        name=role.name,
        engine=engine.name,
        mount=engine.mount,
        type=role.type,
        region=engine.region,
        default_ttl=role.default_ttl or (engine.lease.default if engine.lease and role.type == "iam_user" else 0),
        max_ttl=role.max_ttl or (engine.lease.max if engine.lease and role.type == "iam_user" else 0),
        role_arns=role.role_arns,
    )
