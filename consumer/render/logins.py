"""Which login of the team Terraform, or a pipeline, may use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from consumer.roles import Access
from vault_aws_kit.contract import LoginEntry, RoleEntry
from vault_aws_kit.errors import LoginNotOffered


def find_login(
    access: Access,
    roles: Sequence[RoleEntry],
    methods: Sequence[str],
    *,
    mount: str = "",
    role: str = "",
) -> LoginEntry:
    """The catalog's login by the first of these methods that has one good for all the roles.

    `mount` and `role` (the auth method's, '' for any) say which, where there are several; what only a workspace of HCP
    Terraform's can use must be named by its role. Raises LoginNotOffered.
    """
    fit = [login for login in _offered(access, roles) if mount in ("", login.mount) and role in ("", login.role)]
    offered = [login for login in fit if role or not login.workspaces]
    for method in methods:
        fitting = [login for login in offered if login.method == method]
        if len(fitting) > 1:
            raise LoginNotOffered(
                f"There are {len(fitting)} {method} logins for this: {_listed(fitting)}.",
                hint="Say which with --auth-mount or --auth-role.",
            )
        if fitting:
            return fitting[0]
    names = ", ".join(one.name for one in roles)
    raise LoginNotOffered(
        f"The catalog offers no {' or '.join(methods)} login{_asked(mount, role)} that may use {names}.",
        hint=f"It offers: {_listed(_offered(access, roles)) or 'none'}. The platform team adds others.",
    )


def connected(access: Access, roles: Sequence[RoleEntry]) -> tuple[str, ...]:
    """The workspaces of HCP Terraform (ORG/WORKSPACE) that were connected with all of these roles."""
    found: dict[str, set[str]] = {}
    for team in access.teams:
        for login in team.logins:
            for workspace in login.workspaces:
                found.setdefault(workspace, set()).update(login.roles or ())
    names = {role.qualified for role in roles}
    return tuple(sorted(workspace for workspace, granted in found.items() if names <= granted))


def _offered(access: Access, roles: Sequence[RoleEntry]) -> list[LoginEntry]:
    """Of the teams that have all the roles, the logins that may use them all."""
    names = {role.qualified for role in roles}
    teams = [team for team in access.teams if set(roles) <= set(team.roles)]
    logins = (login for team in teams for login in team.logins)
    return list(dict.fromkeys(login for login in logins if login.roles is None or names <= set(login.roles)))


def _asked(mount: str, role: str) -> str:
    return (f" at {mount}" if mount else "") + (f" with role {role}" if role else "")


def _listed(logins: Iterable[LoginEntry]) -> str:
    return ", ".join(
        f"{login.method} at {login.mount}" + (f" ({login.role})" if login.role else "") for login in logins
    )
