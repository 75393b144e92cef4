"""How long leases and tokens live: a lease dies with the token that asked for it, and Vault cuts it to its mount's max.

Source: https://developer.hashicorp.com/vault/docs/concepts/lease and /vault/docs/concepts/tokens
"""

from __future__ import annotations

from collections.abc import Iterator

from producer.spec.model import Engine, Login, Role, Spec, Team
from vault_aws_kit import clock
from vault_aws_kit.errors import TtlNotAllowed

STS_DEFAULT_TTL = 3600  # the engine's own default where a role has none
TOKEN_MAX_TTL = 24 * 3600  # how long a token can be renewed for, where no lease is longer


def longest_role_lease(spec: Spec, role: Role) -> int:
    """The longest life, in seconds, that credentials of a role can have where the engine's mount allows it."""
    if role.type == "static":
        return 0
    if role.type == "iam_user":
        lease = spec.engine_named[role.engine].lease
        return lease.max if lease else 0
    return role.max_ttl or max(role.default_ttl, STS_DEFAULT_TTL)


def longest_lease(spec: Spec, engine: Engine) -> int:
    """What the engine's mount must allow."""
    roles = [role for role in spec.roles if role.engine == engine.name]
    return max([engine.lease.max if engine.lease else 0, *(longest_role_lease(spec, role) for role in roles)])


def longest_login_lease(spec: Spec, team: Team, login: Login) -> int:
    """What a login's tokens must outlive."""
    names = team.roles if login.roles is None else login.roles
    return max([0, *(longest_role_lease(spec, spec.role_named[name]) for name in names)])


def token_ttl(spec: Spec, team: Team, login: Login) -> int:
    return login.token_ttl or longest_login_lease(spec, team, login)


def token_max_ttl(spec: Spec, team: Team, login: Login) -> int:
    return login.token_max_ttl or max(token_ttl(spec, team, login), TOKEN_MAX_TTL)


def too_short(spec: Spec, team: Team, login: Login) -> Iterator[tuple[str, TtlNotAllowed]]:
    """The fields of a login whose tokens end before an IAM user's key that they asked for would, and why it matters."""
    names = team.roles if login.roles is None else login.roles
    leases = {
        role.name: lease
        for name in names
        if (role := spec.role_named[name]).type == "iam_user" and (lease := spec.engine_named[role.engine].lease)
    }
    for field, own in (("token_ttl", login.token_ttl), ("token_max_ttl", login.token_max_ttl)):
        cut = [
            name
            for name, lease in leases.items()
            if own and own < (lease.default if field == "token_ttl" else lease.max)
        ]
        if cut:
            told = f"Team {team.name}: keys of {', '.join(cut[:3])} die with the token, after {clock.duration(own)}: "
            yield field, TtlNotAllowed(f"{told}before their lease ends, and maybe in the middle of a run.")
