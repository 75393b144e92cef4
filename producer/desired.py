"""From a spec to the resources that it asks for. Pure: nothing is read from Vault or AWS here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from producer import logins
from producer.freeze import Freeze, frozen_policy
from producer.resources.acl_policy import AclPolicy
from producer.resources.aws_role import AwsRole
from producer.resources.catalog_entry import CatalogEntry
from producer.resources.interface import Resource
from producer.resources.lease_config import LeaseConfig
from producer.resources.mount import AwsMount, CatalogMount
from producer.resources.static_role import StaticRole
from producer.root import RootKey, engine_entry, root_config
from producer.spec import Engine, Login, Role, Spec, Team
from producer.spec.lifetimes import longest_lease
from vault_aws_kit import contract, templating
from vault_aws_kit.contract import CATALOG_MOUNT, RoleEntry, TeamEntry


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
        yield catalog_mount(self.catalog_mount)
        yield from logins.mounts(self.spec)

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
            for login in (None, *team.logins):
                if login is None or login.roles is not None:
                    yield team_acl_policy(self.spec, team, login, self.catalog_mount, self.freeze)
            for login in team.logins:
                yield from logins.resources(self.spec, team, login)

    def _catalog(self) -> Iterator[Resource]:
        for team in self.spec.teams:
            entry = team_entry(self.spec, team)
            yield CatalogEntry(self.catalog_mount, contract.team_path(self.spec.name, team.name), entry.to_json())
        for engine in self.spec.engines:
            fact = engine_entry(engine, self.keys[engine.name])
            yield CatalogEntry(self.catalog_mount, contract.engine_path(self.spec.name, engine.name), fact.to_json())


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


def team_acl_policy(spec: Spec, team: Team, login: Login | None, catalog_mount: str, freeze: Freeze) -> AclPolicy:
    """A team's policy, or the narrower one of a login."""
    hcl = frozen_policy(team_policy(spec, team, catalog_mount, login), team.name, freeze)
    return AclPolicy(contract.team_policy(spec.name, team.name, login.name if login else ""), hcl)


def team_policy(spec: Spec, team: Team, catalog_mount: str, login: Login | None = None) -> str:
    """The HCL of a team's ACL policy, or of the narrower one of a login."""
    roles = team.roles if login is None or login.roles is None else login.roles
    return (
        templating.environment()
        .get_template("vault/team-policy.hcl.j2")
        .render(
            spec=spec.name,
            team=team.name,
            roles=[_role_entry(spec, name) for name in roles],
            strict=team.strict,
            catalog=contract.team_path(spec.name, team.name),
            catalog_mount=catalog_mount,
        )
    )


def team_entry(spec: Spec, team: Team) -> TeamEntry:
    """What the catalog tells a team."""
    return TeamEntry(
        spec=spec.name,
        team=team.name,
        roles=tuple(_role_entry(spec, role) for role in team.roles),
        logins=tuple(logins.entry(spec, team, login) for login in team.logins),
        strict=team.strict,
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
        mfa_serial_number=role.mfa_serial_number,
    )


def catalog_mount(path: str) -> CatalogMount:
    """The mount of the catalog, the same for every spec."""
    return CatalogMount(path, "kv", "Catalog of vault-aws-kit: no secrets", version="2")
