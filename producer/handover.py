"""Handing a team its AppRole login: the role_id, and a secret_id that only its receiver can see."""

from __future__ import annotations

from dataclasses import dataclass, field

from producer.published import team_entry
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT, LoginEntry, TeamEntry
from vault_aws_kit.errors import FieldNotForType, TeamUnknown
from vault_aws_kit.vault import Vault


@dataclass(frozen=True)
class Handover:
    """`wrapping_token` can be unwrapped once, within `ttl` seconds; found used, somebody else had it."""

    team: str
    mount: str
    role_id: str
    wrapping_token: str = field(repr=False)
    ttl: int
    revoked: int


def handover(
    spec: str,
    team: str,
    vault: Vault,
    *,
    ttl: int = 3600,
    revoke_others: bool = False,
    catalog_mount: str = CATALOG_MOUNT,
) -> Handover:
    """Make a response-wrapped secret_id for a team. `revoke_others` destroys all its earlier ones.

    Raises TeamUnknown, FieldNotForType where the team has no AppRole login, and ValueError for a `ttl` under a second,
    for which Vault would not wrap it.
    """
    if ttl < 1:
        raise ValueError(f"a wrapping token can't live for {ttl} seconds")
    login = _approle(team_entry(spec, team, Catalog(vault, catalog_mount)))
    place = f"auth/{login.mount}/role/{login.role}"
    earlier = vault.names(f"{place}/secret-id") if revoke_others else []
    role_id = vault.read(f"{place}/role-id")
    if role_id is None:
        raise TeamUnknown(
            f"The AppRole role {login.role!r} of team {team!r} is gone from Vault.", hint="Run `producer setup` again."
        )
    wrapped = vault.write(f"{place}/secret-id", wrap_ttl=f"{ttl}s").wrap_info or {}
    for accessor in earlier:
        vault.write(f"{place}/secret-id-accessor/destroy", {"secret_id_accessor": accessor})
    return Handover(
        team, login.mount, str(role_id["role_id"]), str(wrapped["token"]), int(wrapped["ttl"]), len(earlier)
    )


def _approle(entry: TeamEntry) -> LoginEntry:
    for login in entry.logins:
        if login.method == "approle":
            return login
    ways = [f"  {_command(login)}" for login in entry.logins if not login.workspaces]
    raise FieldNotForType(
        "\n".join(
            [f"Team {entry.team!r} has no AppRole login, so there is nothing to hand over. It logs in by:", *ways]
        ),
        hint="Or add `{method: approle}` to the team's `auth`, and run `producer setup`.",
    )


def _command(login: LoginEntry) -> str:
    """How the team logs in otherwise."""
    mount = "" if login.mount == login.method else f" --mount {login.mount}"
    return f"consumer login --method {login.method}{mount}{f' --role {login.role}' if login.role else ''}"
