"""What Vault holds of an AWS secrets engine, and of the logins whose policies grant its credentials."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from producer.owned import read_owned
from producer.resources.mount import AwsMount
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.errors import EngineOwned, MountMissing
from vault_aws_kit.vault import Body, Vault

LOGINS = ("approle", "jwt", "oidc")
BOUND = ("bound_claims", "bound_audiences", "bound_subject", "user_claim")
_PATH = re.compile(r'^\s*path\s+"((?:[^"\\]|\\.)*)"\s*\{([^}]*)\}', re.MULTILINE)
_CAPABILITIES = re.compile(r"capabilities\s*=\s*\[([^\]]*)\]")
_COMMENT = re.compile(r"^\s*(#|//).*$", re.MULTILINE)


@dataclass(frozen=True)
class LiveEngine:
    """One engine as Vault answers for it. `mounts` is the table of mounts; `root` and `lease` None where unset."""

    mount: str
    mounts: Body
    root: Body | None
    lease: Body | None
    roles: Mapping[str, Body]
    static_roles: Mapping[str, Body]


@dataclass(frozen=True)
class LiveLogin:
    """A role of an auth method, and the roles (mount, name) whose credentials its policies grant.

    `bound` is whose signed tokens it lets in, in the API's words; {} for AppRole.
    """

    method: str
    mount: str
    name: str
    grants: tuple[tuple[str, str], ...]
    bound: Mapping[str, Any] = field(default_factory=dict[str, Any])


def read_engines(mounts: Sequence[str], vault: Vault, catalog_mount: str = CATALOG_MOUNT) -> list[LiveEngine]:
    """Read engines. Raises MountMissing, WrongMountType, EngineOwned and NotAllowed."""
    table = vault.read("sys/mounts") or {}
    for mount in mounts:
        if AwsMount(mount, "aws").normalise(table) is None:
            raise MountMissing(f"There is no mount {mount}/ in Vault.", hint="See `vault secrets list`.")
    _refuse_owned(mounts, Catalog(vault, catalog_mount))
    return [_engine(mount, table, vault) for mount in mounts]


def read_logins(engines: Sequence[LiveEngine], vault: Vault) -> list[LiveLogin]:
    """Every AppRole and JWT role that grants credentials of these engines. Raises NotAllowed."""
    found: list[LiveLogin] = []
    policies: dict[str, str] = {}
    for place, mount in sorted((vault.read("sys/auth") or {}).items()):
        if isinstance(mount, dict) and mount.get("type") in LOGINS:
            found += _logins(str(mount["type"]), place.rstrip("/"), engines, policies, vault)
    return found


def granted(hcl: str) -> Iterator[str]:
    """The paths that an ACL policy's text allows to read, globs as they stand; `deny` takes nothing from others."""
    for path, rules in _rules(hcl):
        if {"read", "update"} & rules and "deny" not in rules:
            yield path


def matches(pattern: str, path: str) -> bool:
    """Whether an ACL policy's path covers another: `+` is one part, `*` at the end is anything."""
    exact = re.escape(pattern.removesuffix("*")).replace(r"\+", "[^/]+")
    return re.fullmatch(exact + (".*" if pattern.endswith("*") else ""), path) is not None


def _rules(hcl: str) -> Iterator[tuple[str, set[str]]]:
    try:
        paths = json.loads(hcl)["path"]
    except (ValueError, KeyError, TypeError):
        for path, block in _PATH.findall(_COMMENT.sub("", hcl)):
            listed = _CAPABILITIES.search(block)
            yield path, set(re.findall(r'"(\w+)"', listed.group(1))) if listed else set()
        return
    for path, rule in paths.items() if isinstance(paths, dict) else ():
        yield path, set(rule.get("capabilities") or ())


def _refuse_owned(mounts: Sequence[str], catalog: Catalog) -> None:
    for spec in [name.rstrip("/") for name in catalog.names() if name.endswith("/")]:
        paths = [path for _, path in read_owned(catalog, spec)]
        for mount in mounts:
            if any(path == f"sys/mounts/{mount}" or path.startswith(f"{mount}/") for path in paths):
                raise EngineOwned(
                    f"The engine {mount}/ is part of the spec {spec!r} already.",
                    hint="Change that spec; or remove the engine from it before you adopt it in another.",
                )


def _engine(mount: str, table: Body, vault: Vault) -> LiveEngine:
    config = vault.read_many([f"{mount}/config/root", f"{mount}/config/lease"])
    return LiveEngine(
        mount,
        table,
        config[f"{mount}/config/root"],
        config[f"{mount}/config/lease"] or None,
        _all(f"{mount}/roles", vault),
        _all(f"{mount}/static-roles", vault),
    )


def _all(folder: str, vault: Vault) -> dict[str, Body]:
    names = sorted(vault.names(folder))
    found = vault.read_many(f"{folder}/{name}" for name in names)
    return {name: body for name in names if (body := found[f"{folder}/{name}"]) is not None}


def _logins(
    method: str, mount: str, engines: Sequence[LiveEngine], policies: dict[str, str], vault: Vault
) -> Iterator[LiveLogin]:
    for name, role in _all(f"auth/{mount}/role", vault).items():
        held: list[Any] = [*(role.get("token_policies") or ()), *(role.get("policies") or ())]
        for policy in held:
            if policy not in policies:
                policies[policy] = str((vault.read(f"sys/policies/acl/{policy}") or {}).get("policy") or "")
        paths = [path for policy in held for path in granted(policies[policy])]
        grants = tuple(
            (engine.mount, name)
            for engine in engines
            for kind, names in (("creds", engine.roles), ("sts", engine.roles), ("static-creds", engine.static_roles))
            for name in names
            if any(matches(path, f"{engine.mount}/{kind}/{name}") for path in paths)
        )
        if grants:
            bound = {field: role[field] for field in BOUND if role.get(field)} if method != "approle" else {}
            yield LiveLogin(method, mount, name, tuple(dict.fromkeys(grants)), bound)
