"""A spec, read and checked: what the rest of the producer works on. TTLs are in seconds, 0 means "not set"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from producer.spec.partitions import partition_of
from vault_aws_kit.contract import CredentialType
from vault_aws_kit.errors import Problem


@dataclass(frozen=True)
class Lease:
    """The engine's lease config: the TTL of iam_user credentials."""

    default: int
    max: int


@dataclass(frozen=True)
class Root:
    """Where the engine's root credentials come from: "environment", "profile:NAME" or "keep"."""

    credentials: str = "environment"
    rotate_after: int = 0


@dataclass(frozen=True)
class Engine:
    """One mount of Vault's AWS secrets engine. `lease` None leaves the lease config alone.

    `config` is what the root config is to hold besides region and key, and `tune` how the mount is tuned, in the
    API's own words, TTLs in seconds: only what the spec names is in them.
    """

    name: str
    mount: str
    region: str
    lease: Lease | None
    root: Root
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tune: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def partition(self) -> str:
        return partition_of(self.region)

    @property
    def keyless(self) -> bool:
        """Whether Vault takes a role with tokens of its own, and so needs no key."""
        return bool(self.config.get("identity_token_audience"))


@dataclass(frozen=True)
class Role:
    """A role after `for_each`, templates and variables; `policy_document` is minified JSON, '' for none.

    One that is protected is never deleted, not even once the spec no longer has it. A static one hands out the key
    of an IAM user that is there already, and `rotation_period` is how often Vault replaces it.
    """

    name: str
    engine: str
    type: CredentialType
    policy_document: str = ""
    policy_arns: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    permissions_boundary: str = ""
    path: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    role_arns: tuple[str, ...] = ()
    external_id: str = ""
    session_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    default_ttl: int = 0
    max_ttl: int = 0
    mfa_serial_number: str = ""
    username: str = ""
    rotation_period: int = 0
    protect: bool = False

    @property
    def qualified(self) -> str:
        return f"{self.engine}/{self.name}"


@dataclass(frozen=True)
class Login:
    """A way for a team to log in. TTLs are in seconds; 0 leaves them to the kit.

    `roles` are those of the team that it may use, None for all. `role` and `config` are in the API's words: the
    method's own fields of the role that is logged in with, and of the mount. `members` are the users and groups that
    Vault knows already, as ("users", NAME). For AppRole `secret_id_ttl` bounds a secret_id's life. `workspaces` are set
    where it is not the spec's but a connection's: see producer.connect.
    """

    method: str
    mount: str
    name: str = ""
    roles: tuple[str, ...] | None = None
    create_mount: bool = True
    token_ttl: int = 0
    token_max_ttl: int = 0
    secret_id_ttl: int = 0
    role: Mapping[str, Any] = field(default_factory=dict[str, Any])
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    members: tuple[tuple[str, str], ...] = ()
    workspaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Team:
    """Who consumes: `roles` are qualified names (ENGINE/ROLE), globs already resolved, sorted.

    One that is `strict` can't name its own AWS sessions: CloudTrail then says which mount it logged in at.
    """

    name: str
    roles: tuple[str, ...]
    logins: tuple[Login, ...]
    strict: bool = False


@dataclass(frozen=True)
class Spec:
    """The whole file. `warnings` are worth saying and stop nothing."""

    name: str
    engines: tuple[Engine, ...]
    roles: tuple[Role, ...]
    teams: tuple[Team, ...]
    warnings: tuple[Problem, ...] = ()

    @cached_property
    def engine_named(self) -> Mapping[str, Engine]:
        return {engine.name: engine for engine in self.engines}

    @cached_property
    def role_named(self) -> Mapping[str, Role]:
        """Roles by their qualified name."""
        return {role.qualified: role for role in self.roles}
