"""From a team's login to what it needs in Vault. Pure: nothing is read from Vault here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from producer.resources.approle import AppRole
from producer.resources.auth_config import AuthConfig
from producer.resources.aws_login_role import AwsLoginRole
from producer.resources.cert_role import CertRole
from producer.resources.interface import Resource
from producer.resources.jwt_role import JwtRole
from producer.resources.kubernetes_role import KubernetesRole
from producer.resources.login_role import LoginRole
from producer.resources.member import LdapMember, UserpassUser
from producer.resources.mount import AuthMount
from producer.spec import Login, Spec, Team
from producer.spec.lifetimes import token_max_ttl, token_ttl
from vault_aws_kit import contract
from vault_aws_kit.contract import LoginEntry

SECRET_ID_TTL = 90 * 86400
ROLES: Mapping[str, type[LoginRole]] = {
    "approle": AppRole,
    "jwt": JwtRole,
    "oidc": JwtRole,
    "kubernetes": KubernetesRole,
    "aws": AwsLoginRole,
    "cert": CertRole,
}
"""The kind of role that one logs in with; a method that has none binds its members instead."""


def mounts(spec: Spec) -> Iterator[AuthMount | AuthConfig]:
    """Each auth mount and its configuration once: made where any login of it says so, else it must be there."""
    every = [login for team in spec.teams for login in team.logins]
    ours = {login.mount for login in every if login.create_mount}
    for mount, method in {login.mount: login.method for login in every}.items():
        yield AuthMount(mount, method, required=mount not in ours)
    for mount, config in {login.mount: login.config for login in every if login.config}.items():
        yield AuthConfig(mount, config)


def resources(spec: Spec, team: Team, login: Login) -> Iterator[Resource]:
    """What a login needs besides its mount, that mount's configuration, and its policy."""
    name = contract.team_policy(spec.name, team.name, login.name)
    policy = _policy(spec, team, login)
    if login.method in ROLES:
        ttl, longest = token_ttl(spec, team, login), token_max_ttl(spec, team, login)
        yield ROLES[login.method](login.mount, name, policy, ttl, longest, _own_fields(login))
    for folder, member in login.members:
        if login.method == "ldap":
            yield LdapMember(login.mount, folder, member, policy)
        else:
            yield UserpassUser(login.mount, folder, member, policy)


def entry(spec: Spec, team: Team, login: Login) -> LoginEntry:
    """What the catalog tells of a login."""
    audiences = login.role.get("bound_audiences") or ()
    return LoginEntry(
        method=login.method,
        mount=login.mount,
        role=contract.team_policy(spec.name, team.name, login.name) if login.method in ROLES else "",
        policy=_policy(spec, team, login),
        roles=login.roles,
        audience=str(next(iter(audiences), login.role.get("audience") or "")),
        workspaces=login.workspaces,
    )


def _policy(spec: Spec, team: Team, login: Login) -> str:
    return contract.team_policy(spec.name, team.name, login.name if login.roles is not None else "")


def _own_fields(login: Login) -> Mapping[str, object]:
    if login.method != "approle":
        return login.role
    ttl = login.secret_id_ttl or SECRET_ID_TTL
    return {"bind_secret_id": True, "secret_id_num_uses": 0, "secret_id_ttl": ttl}
