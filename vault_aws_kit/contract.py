"""What passes from the producer to the consumer: the catalog's entries. No secret is ever in one.

Paths below are relative to the catalog's KV v2 mount (`vault-aws-kit` unless `--catalog-mount` says otherwise):

    NAME/teams/TEAM        TeamEntry     what a team may use, and how it logs in
    NAME/engines/ENGINE    EngineEntry   what the producer knows of an engine
    NAME/owned/KIND        the paths of that kind that are ours (producer only)
    NAME/frozen            what gives no new credentials for now (producer only)
    NAME/connections       the workspaces of HCP Terraform that log in (producer only)
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

import vault_aws_kit

CATALOG_MOUNT = vault_aws_kit.CATALOG_MOUNT
CATALOG_VERSION = 1
NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
MOUNT_PATH = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
"""Where something is mounted, without slashes around it; no path of Vault's may hold `..` besides."""

CredentialType = Literal["iam_user", "assumed_role", "federation_token", "session_token", "static"]


def is_mount_path(text: str) -> bool:
    return MOUNT_PATH.fullmatch(text) is not None and ".." not in text


def team_path(spec: str, team: str) -> str:
    return f"{spec}/teams/{team}"


def engine_path(spec: str, engine: str) -> str:
    return f"{spec}/engines/{engine}"


def owned_path(spec: str, kind: str) -> str:
    return f"{spec}/owned/{kind}"


def frozen_path(spec: str) -> str:
    return f"{spec}/frozen"


def connections_path(spec: str) -> str:
    return f"{spec}/connections"


def team_policy(spec: str, team: str, login: str = "") -> str:
    """The name of a team's ACL policy and of the roles it logs in with; of one login's own, where it has a name."""
    return f"vak-{spec}-{team}" + (f".{login}" if login else "")


def teams_of_policy(policy: str) -> list[tuple[str, str]]:
    """Every (spec, team) that an ACL policy's name can stand for: names may hold dashes, so there can be several."""
    if not policy.startswith("vak-"):
        return []
    words = policy.removeprefix("vak-").partition(".")[0].split("-")
    pairs = [("-".join(words[:cut]), "-".join(words[cut:])) for cut in range(1, len(words))]
    return [(spec, team) for spec, team in pairs if NAME.fullmatch(spec) and NAME.fullmatch(team)]


@dataclass(frozen=True)
class RoleEntry:
    """A role as a team sees it. TTLs are in seconds; 0 means that the engine's or Vault's default holds."""

    name: str
    engine: str
    mount: str
    type: CredentialType
    region: str
    default_ttl: int
    max_ttl: int
    role_arns: tuple[str, ...] = ()
    mfa_serial_number: str = ""
    """The MFA device whose code the role's credentials are asked with, '' for none."""

    @property
    def qualified(self) -> str:
        return f"{self.engine}/{self.name}"

    @property
    def sts(self) -> bool:
        """Whether AWS STS issues its credentials: they have a session token, and nobody can revoke them."""
        return self.type not in ("iam_user", "static")

    @property
    def account(self) -> str:
        """The AWS account that the credentials are for, where the role's ARNs say it without doubt, else ''."""
        accounts = {arn.split(":")[4] for arn in self.role_arns}
        return accounts.pop() if len(accounts) == 1 else ""


@dataclass(frozen=True)
class LoginEntry:
    """A way for the team to log in: `role` is the role of the auth method, not of AWS, '' where it has none.

    `policy` is what its tokens carry, '' for the team's own; `roles` (ENGINE/ROLE) is all that it may use, None for
    all of the team's. `audience` is what a signed token must be for, '' for any. `workspaces` (ORG/WORKSPACE) are those
    of HCP Terraform whose runs alone log in so.
    """

    method: str
    mount: str
    role: str
    policy: str = ""
    roles: tuple[str, ...] | None = None
    audience: str = ""
    workspaces: tuple[str, ...] = ()


def _login(value: Mapping[str, Any]) -> LoginEntry:
    roles = value.get("roles")
    workspaces = tuple(value.get("workspaces") or ())
    return LoginEntry(**{**value, "roles": None if roles is None else tuple(roles), "workspaces": workspaces})


@dataclass(frozen=True)
class TeamEntry:
    spec: str
    team: str
    roles: tuple[RoleEntry, ...]
    logins: tuple[LoginEntry, ...]
    strict: bool = False
    """Whether it may not name its own AWS sessions."""

    @property
    def policies(self) -> tuple[str, ...]:
        """Every ACL policy that its tokens can carry."""
        own = team_policy(self.spec, self.team)
        return tuple(dict.fromkeys([own, *(login.policy or own for login in self.logins)]))

    def for_policies(self, policies: Collection[str]) -> Self:
        """With the roles alone that a token with these policies may use; all for one whose policies say nothing."""
        own = team_policy(self.spec, self.team)
        limited = [login for login in self.logins if login.roles is not None and login.policy in policies]
        if own in policies or not limited:
            return self
        named = {name for login in limited for name in login.roles or ()}
        return replace(self, roles=tuple(role for role in self.roles if role.qualified in named))

    def to_json(self) -> str:
        return dump({"version": CATALOG_VERSION, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError, KeyError or TypeError for what is no team's entry of this version."""
        value = load(text)
        return cls(
            spec=value["spec"],
            team=value["team"],
            roles=tuple(RoleEntry(**{**role, "role_arns": tuple(role["role_arns"])}) for role in value["roles"]),
            logins=tuple(map(_login, value["logins"])),
            strict=bool(value.get("strict")),
        )


@dataclass(frozen=True)
class EngineEntry:
    """What the producer remembers of an engine: the access key ID (never the secret) that it last wrote.

    `rotated_key_id` is the key that Vault made when the kit last had it rotate, and `principal` the ARN of the IAM user
    whose keys these are, '' where the kit doesn't know it.
    """

    name: str
    mount: str
    region: str
    access_key_id: str = ""
    key_written: str = ""
    rotated_key_id: str = ""
    key_rotated: str = ""
    principal: str = ""

    def key_made(self, key_id: str) -> str:
        """When a key of this engine was made, as far as is known; '' for a key that somebody else put there."""
        return {self.access_key_id: self.key_written, self.rotated_key_id: self.key_rotated}.get(key_id, "")

    def to_json(self) -> str:
        return dump({"version": CATALOG_VERSION, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError or TypeError for what is no engine's entry of this version."""
        value = dict(load(text))
        del value["version"]
        return cls(**value)


def dump(value: Mapping[str, Any]) -> str:
    """One JSON text, always the same for the same value, so that equal means unchanged."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def load(text: str) -> Mapping[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict) or value.get("version") != CATALOG_VERSION:
        raise ValueError(f"not a catalog entry of version {CATALOG_VERSION}")
    return value
