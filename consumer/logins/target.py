"""Where to log in: the method, its mount and its role, by options and environment.

VAULT_AUTH_ROLE and VAULT_AUTH_PATH are GitLab's names for them
(https://docs.gitlab.com/ci/secrets/hashicorp_vault/), TFC_VAULT_RUN_ROLE and TFC_VAULT_AUTH_PATH HCP Terraform's
(https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/vault-configuration).
VAULT_AWS_KIT_LOGIN says all three in one, as `jwt:gitlab/vak-prod-payments`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from vault_aws_kit.contract import team_policy
from vault_aws_kit.errors import SettingsInvalid
from vault_aws_kit.settings import variable

METHODS = ("approle", "jwt", "oidc", "kubernetes", "aws", "cert", "userpass", "ldap", "token")
_LOGIN = re.compile(r"(?:(?P<method>[a-z]+):)?(?:(?P<mount>[^\s:]+)/)?(?P<role>[^\s:/]*)")


@dataclass(frozen=True)
class Target:
    """'' leaves the method to what is there to log in with, the mount to the method's default, the role to Vault."""

    method: str = ""
    mount: str = ""
    role: str = ""
    audience: str = ""
    """What a token that is asked for must be for; '' leaves it to whoever makes it."""

    def filled(self, other: Target) -> Target:
        """With what another one says where this one says nothing."""
        names = [field.name for field in fields(self)]
        return Target(**{name: getattr(self, name) or getattr(other, name) for name in names})


def find(env: Mapping[str, str], given: Target | None = None, *, team: str = "") -> Target:
    """What was given goes first, then the environment, then a team's name. Raises SettingsInvalid."""
    said = Target(
        method=variable(env, "AUTH_METHOD"),
        mount=variable(env, "AUTH_PATH"),
        role=variable(env, "AUTH_ROLE"),
        audience=variable(env, "AUTH_AUDIENCE"),
    )
    hcp = Target(mount=env.get("TFC_VAULT_AUTH_PATH", ""), role=env.get("TFC_VAULT_RUN_ROLE", ""))
    found = (given or Target()).filled(_in_one(env.get("VAULT_AWS_KIT_LOGIN", ""))).filled(said)
    found = found.filled(Target(role=role_of(team))).filled(hcp)
    if found.method not in ("", *METHODS):
        raise SettingsInvalid(
            f"There is no login method {found.method!r}.", hint=f"Set VAULT_AUTH_METHOD to one of {', '.join(METHODS)}."
        )
    return Target(found.method, found.mount.strip("/").removeprefix("auth/"), found.role, found.audience)


def role_of(team: str) -> str:
    """The role that the producer makes for TEAM or NAME/TEAM, '' for no team."""
    if not team:
        return ""
    name, slash, plain = team.partition("/")
    return team_policy(name, plain) if slash else team_policy("default", team)


def _in_one(text: str) -> Target:
    found = _LOGIN.fullmatch(text)
    if not found:
        raise SettingsInvalid(
            f"VAULT_AWS_KIT_LOGIN is {text!r}.", hint="Write METHOD:MOUNT/ROLE, as jwt:gitlab/vak-prod-payments."
        )
    return Target(found["method"] or "", found["mount"] or "", found["role"])
