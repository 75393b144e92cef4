"""What a token needs for everything that the producer does with one spec, by engine and prefix.

A role that is added or pruned changes nothing here; an engine, or a mount that teams log in at, does. `sudo` stands
where Vault asks for it: https://developer.hashicorp.com/vault/docs/concepts/policies#root-protected-api-endpoints
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from producer.desired import Desired
from producer.resources.auth_config import AuthConfig
from producer.resources.interface import Resource
from producer.resources.member import LdapMember, UserpassUser
from producer.root import RootKey
from producer.spec import Engine, Spec
from vault_aws_kit import contract, templating
from vault_aws_kit.contract import CATALOG_MOUNT

MANAGE = ("create", "read", "update", "delete", "list")
ESCALATION = (
    "Whoever may write ACL policies, and logins that carry them, can become Vault's admin: "
    "treat a token with this policy like Vault's root token."
)
"""What everybody who hands out this policy must know."""


@dataclass(frozen=True)
class Grant:
    """Capabilities on a path; one that ends in `*` means everything that begins so, and `+` is any one part."""

    path: str
    capabilities: tuple[str, ...]

    @property
    def sample(self) -> str:
        """A path that this grant covers."""
        return self.path.replace("+", "x").removesuffix("*") + ("x" if self.path.endswith("*") else "")


@dataclass(frozen=True)
class Section:
    """Grants that belong together, and what they are for."""

    purpose: str
    grants: tuple[Grant, ...]


def sections(
    spec: Spec, catalog_mount: str = CATALOG_MOUNT, *, probe: bool = False, tfe_mounts: Sequence[str] = ()
) -> tuple[Section, ...]:
    """All that the producer may have to do.

    `probe` adds what `doctor --probe` needs: credentials of every role. `tfe_mounts` are those where workspaces that
    `tfe connect` connects log in.
    """
    engines = (part for engine in spec.engines for part in _engine(engine, probe=probe))
    logins = (*_logins(spec), *_workspaces(spec, tfe_mounts))
    return (_catalog(spec, catalog_mount), *engines, *logins, _policies(spec), _incident(), _own(probe=probe))


def grants(
    spec: Spec, catalog_mount: str = CATALOG_MOUNT, *, probe: bool = False, tfe_mounts: Sequence[str] = ()
) -> tuple[Grant, ...]:
    parts = sections(spec, catalog_mount, probe=probe, tfe_mounts=tfe_mounts)
    return tuple(grant for part in parts for grant in part.grants)


def policy(
    spec: Spec, catalog_mount: str = CATALOG_MOUNT, *, probe: bool = False, tfe_mounts: Sequence[str] = ()
) -> str:
    """The HCL of the policy."""
    parts = sections(spec, catalog_mount, probe=probe, tfe_mounts=tfe_mounts)
    template = templating.environment().get_template("vault/producer-policy.hcl.j2")
    return template.render(spec=spec.name, escalation=ESCALATION, sections=parts)


def _catalog(spec: Spec, mount: str) -> Section:
    return Section(
        "The catalog: this spec's part, and the names of what other specs own, so that it is left alone.",
        (
            Grant(f"sys/mounts/{mount}", ("create", "read", "update")),
            Grant(f"{mount}/data/{spec.name}/*", ("create", "read", "update", "delete")),
            Grant(f"{mount}/metadata/{spec.name}/*", ("read", "delete", "list")),
            Grant(f"{mount}/metadata/", ("list",)),
            Grant(f"{mount}/data/+/owned/*", ("read",)),
        ),
    )


def _engine(engine: Engine, *, probe: bool) -> Iterator[Section]:
    yield Section(
        f"Engine {engine.name}: its mount, root credentials and roles.",
        (
            Grant(f"sys/mounts/{engine.mount}", ("create", "read", "update", "delete")),
            Grant(f"sys/mounts/{engine.mount}/tune", ("read", "update")),
            Grant(f"{engine.mount}/config/*", ("create", "read", "update")),
            *(Grant(f"{engine.mount}/{kind}/*", MANAGE) for kind in ("roles", "static-roles")),
        ),
    )
    yield Section(
        f"Engine {engine.name}: seeing and ending what its roles have issued.",
        (
            Grant(f"sys/leases/lookup/{engine.mount}/*", ("list", "sudo")),
            Grant(f"sys/leases/revoke-prefix/{engine.mount}/*", ("update", "sudo")),
        ),
    )
    if probe:
        yield Section(
            f"Engine {engine.name}: one set of credentials for each role, which `doctor --probe` revokes at once.",
            (
                Grant(f"{engine.mount}/creds/*", ("read", "update")),
                Grant(f"{engine.mount}/sts/*", ("read", "update")),
                Grant(f"{engine.mount}/static-creds/*", ("read",)),
            ),
        )


def _logins(spec: Spec) -> Iterator[Section]:
    """Taken from what the spec asks for, whichever method that is."""
    keys = {engine.name: RootKey() for engine in spec.engines}
    resources = Desired(spec, keys).resources()
    for mount in dict.fromkeys(r.path.removeprefix("sys/auth/") for r in resources if r.kind == "auth-mount"):
        own = contract.team_policy(spec.name, "")
        below = dict.fromkeys(
            grant for r in resources if r.path.startswith(f"auth/{mount}/") for grant in _below_mount(r, own)
        )
        yield Section(
            f"Logins at {mount}/.",
            (
                Grant(f"sys/auth/{mount}", ("create", "read", "update", "sudo")),
                Grant(f"sys/mounts/auth/{mount}/tune", ("read", "update")),
                *below,
            ),
        )


def _workspaces(spec: Spec, mounts: Sequence[str]) -> Iterator[Section]:
    taken = {login.mount for team in spec.teams for login in team.logins}
    for mount in dict.fromkeys(mount for mount in mounts if mount not in taken):
        yield Section(
            f"Workspaces that log in at {mount}/: `producer tfe connect`.",
            (
                Grant(f"sys/auth/{mount}", ("create", "read", "update", "sudo")),
                Grant(f"sys/mounts/auth/{mount}/tune", ("read", "update")),
                Grant(f"auth/{mount}/config", ("create", "read", "update")),
                Grant(f"auth/{mount}/role/{contract.team_policy(spec.name, '')}*", MANAGE),
            ),
        )


def _below_mount(resource: Resource, own: str) -> Iterator[Grant]:
    """What a part of a login needs: roles are told by the spec's name, people belong to somebody else."""
    folder = resource.path.rpartition("/")[0]
    if resource.kind == AuthConfig.kind:
        yield Grant(resource.path, ("create", "read", "update"))
    elif resource.kind == UserpassUser.kind:
        yield Grant(f"{folder}/+", ("read",))
        yield Grant(f"{folder}/+/policies", ("create", "update"))
    else:
        yield Grant(f"{folder}/{'' if resource.kind == LdapMember.kind else own}*", MANAGE)


def _policies(spec: Spec) -> Section:
    own = contract.team_policy(spec.name, "")
    return Section("The teams' policies.", (Grant(f"sys/policies/acl/{own}*", MANAGE),))


def _incident() -> Section:
    return Section(
        "`producer revoke --team`: finding the tokens that carry a team's policy, and ending them.",
        (
            Grant("auth/token/accessors/", ("list", "sudo")),
            Grant("auth/token/lookup-accessor", ("update",)),
            Grant("auth/token/revoke-accessor", ("update",)),
        ),
    )


def _own(*, probe: bool) -> Section:
    return Section(
        "What there is in Vault, and this token itself.",
        (
            Grant("sys/mounts", ("read",)),
            Grant("sys/auth", ("read",)),
            Grant("sys/capabilities-self", ("update",)),
            Grant("sys/leases/lookup", ("update",)),
            *([Grant("sys/leases/revoke", ("update",))] if probe else []),
            Grant("auth/token/lookup-self", ("read",)),
            Grant("auth/token/renew-self", ("update",)),
            Grant("auth/token/revoke-self", ("update",)),
        ),
    )
