"""`revoke`: freeze, end leases and logins, deny sessions, and prove it, in this order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Literal

from producer.freeze import Freeze, Frozen, read_freeze
from producer.iam_account import IamAccount, open_account
from producer.incident import freezing, proof
from producer.incident.estate import Estate, LiveRole, read_estate
from producer.incident.proof import Suspects, Witness
from producer.incident.report import Item, Report
from producer.incident.sessions import end_sessions, living_sessions
from producer.incident.tokens import shut_out
from producer.prune import lease_prefixes, revocations
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.errors import AwsError, KitError, LockHeld
from vault_aws_kit.vault import Answer, Request, Vault
from vault_aws_kit.wording import counted

LAZY, PAUSE = 30.0, 0.25  # seconds: Vault ends a revoked token's leases in the background


@dataclass(frozen=True)
class Target:
    """What is revoked: a role (NAME or ENGINE/NAME), a team, or all of the spec; `name` is '' for all."""

    what: Literal["role", "team", "all"]
    name: str = ""


@dataclass(frozen=True)
class Choices:
    """`sessions` False leaves STS sessions alone. `lock_wait` (seconds) is for a setup that is at work."""

    catalog_mount: str = CATALOG_MOUNT
    freeze: bool = False
    sessions: bool = True
    lock_wait: float = 0.0
    open_account: Callable[[], IamAccount] = open_account


Leases = Mapping[str, AbstractSet[str]]
"""Lease IDs by the path of their role."""


def targets(estate: Estate, target: Target) -> list[LiveRole]:
    """The roles that a target means. Raises RoleUnknown, RoleAmbiguous or TeamUnknown."""
    if target.what == "role":
        return [estate.role(target.name)]
    return estate.roles_of(estate.team(target.name)) if target.what == "team" else list(estate.roles)


def thawed_by(catalog: Catalog, spec: str, target: Target) -> Callable[[Frozen], bool]:
    """Which part of a freeze a target ends; all of it for "all". Raises what `targets` raises, and CatalogMissing."""
    if target.what == "all":
        if not read_freeze(catalog, spec):
            read_estate(catalog, spec)  # nothing is frozen, or there is no such spec
        return lambda _: True
    estate = read_estate(catalog, spec)
    names = [role.path for role in targets(estate, target)] if target.what == "role" else [target.name]
    return lambda one: one.what == target.what and one.name in names


def revoke(
    spec: str,
    target: Target,
    vault: Vault,
    choices: Choices = Choices(),
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """End what a role, a team or all roles have issued. Revoking again does no harm.

    What fails is told in the report, and stops nothing else. Raises what `targets` raises, CatalogMissing, and
    NotAllowed where the token may not even look.
    """
    catalog = Catalog(vault, choices.catalog_mount)
    estate = read_estate(catalog, spec)
    roles = targets(estate, target)
    items: list[Item] = []
    frozen: Freeze = ()
    if choices.freeze:
        frozen, failed = freezing.freeze(catalog, spec, _to_freeze(target, roles))
        items += _not_frozen(failed)
    witness = Witness.called(choices.open_account)
    suspects, witness = _suspects(roles, estate, witness)
    before = _leases(roles, vault)
    say(f"Ending {counted(sum(map(len, before.values())), 'lease')} of {counted(len(roles), 'role')} …")
    errors = {}
    if target.what == "team":
        items += shut_out(estate.team(target.name), vault, frozen=choices.freeze)
        _wait(roles, vault)
    else:
        errors = _revoke_prefixes(roles, vault)
    after = _leases(roles, vault)
    items += _ended(roles, before, after, errors, suspects, witness, whole=target.what != "team")
    if choices.sessions:
        items += end_sessions(roles, estate, witness, only_team=target.name if target.what == "team" else "")
    else:
        items += living_sessions(roles)
    if choices.freeze:
        items += _settled(catalog, spec, choices, say)
    return Report(tuple(items), tuple(map(str, frozen)))


# ── freezing ─────────────────────────────────────────────────────────────────────────────────────


def _to_freeze(target: Target, roles: Sequence[LiveRole]) -> Freeze:
    names = [role.path for role in roles] if target.what == "role" else [target.name]
    return freezing.frozen_now(target.what, names)


def _not_frozen(failed: Mapping[str, KitError]) -> Iterator[Item]:
    for path, error in failed.items():
        yield Item("unreached", f"new credentials by {path}", error.message, remedy=error.hint or "Run this again.")


def _settled(catalog: Catalog, spec: str, choices: Choices, say: Callable[[str], None]) -> Iterator[Item]:
    try:
        yield from _not_frozen(freezing.settle(catalog, spec, wait=choices.lock_wait, say=say))
    except LockHeld as error:
        how = f"{error.message} It may have written a policy without the freeze."
        yield Item("unreached", "the freeze, for certain", how, remedy="Run this again once it is done.")


# ── leases ───────────────────────────────────────────────────────────────────────────────────────


def _leases(roles: Sequence[LiveRole], vault: Vault) -> Leases:
    """Every lease of some roles. Raises NotAllowed."""
    prefixes = {prefix: role.path for role in roles if role.type != "static" for prefix in lease_prefixes(role.path)}
    requests = [Request("list", f"sys/leases/lookup/{prefix}") for prefix in prefixes]
    found: dict[str, set[str]] = {role.path: set() for role in roles}
    for (prefix, path), outcome in zip(prefixes.items(), vault.ask_many(requests), strict=True):
        if not isinstance(outcome, Answer):
            raise outcome
        found[path] |= {f"{prefix}/{name}" for name in outcome.data.get("keys") or ()}
    return found


def _revoke_prefixes(roles: Sequence[LiveRole], vault: Vault) -> dict[str, KitError]:
    """Prefix revokes, many at once, each of which ends when its leases have; the errors by the role's path."""
    wanted = [(role.path, request) for role in roles if role.type != "static" for request in revocations(role.path)]
    outcomes = vault.ask_many([request for _, request in wanted])
    return {
        path: outcome for (path, _), outcome in zip(wanted, outcomes, strict=True) if not isinstance(outcome, Answer)
    }


def _wait(roles: Sequence[LiveRole], vault: Vault) -> None:
    """Until Vault has ended the leases of tokens that were revoked: it has set their time to zero."""
    deadline = time.monotonic() + LAZY
    while time.monotonic() < deadline:
        leases = sorted(lease for ids in _leases(roles, vault).values() for lease in ids)
        asked = vault.ask_many([Request("update", "sys/leases/lookup", {"lease_id": lease}) for lease in leases])
        if not any(isinstance(one, Answer) and one.data and int(one.data.get("ttl") or 0) <= 0 for one in asked):
            return
        time.sleep(PAUSE)


# ── what became of them ──────────────────────────────────────────────────────────────────────────


def _suspects(roles: Sequence[LiveRole], estate: Estate, witness: Witness) -> tuple[Suspects, Witness]:
    """The IAM users that there are before anything is revoked; AWS that refuses to say is no witness."""
    if witness.account is None:
        return {}, witness
    try:
        return proof.suspects(witness.account, roles, estate.roles), witness
    except AwsError as error:
        return {}, replace(witness, why=error.message, lists=False)


def _ended(
    roles: Sequence[LiveRole],
    before: Leases,
    after: Leases,
    errors: Mapping[str, KitError],
    suspects: Suspects,
    witness: Witness,
    *,
    whole: bool,
) -> Iterator[Item]:
    """What became of each role's leases. `whole` says that all of them were to end, and not only one team's."""
    users = {role.path: len(before[role.path] - after[role.path]) for role in roles if not role.sts}
    gone = _gone(suspects, sum(users.values()), witness)
    for role in roles:
        if role.type == "static":
            yield _static(role)
            continue
        ended, left = before[role.path] - after[role.path], after[role.path] & before[role.path]
        if whole and (left or role.path in errors):
            yield _left(role, len(left), errors.get(role.path))
        if not role.sts:
            mine = frozenset(user for user, paths in suspects.items() if role.path in paths)
            yield from _proved(role, len(ended), mine & gone, witness)
            yield from _survivors(role, suspects, gone, len(left)) if whole else ()


def _gone(suspects: Suspects, ended: int, witness: Witness) -> frozenset[str]:
    if witness.account is None or not suspects:
        return frozenset()
    try:
        return proof.gone(witness.account, suspects, ended)
    except AwsError:
        return frozenset()


def _proved(role: LiveRole, ended: int, gone: AbstractSet[str], witness: Witness) -> Iterator[Item]:
    what = f"{counted(ended, 'lease')} of {role.path}"
    if ended and len(gone) >= ended:
        yield Item(
            "dead", what, f"revoked, and AWS doesn't know their {counted(ended, 'IAM user')} any more (iam:GetUser)"
        )
    elif ended and not (witness.account and witness.lists):
        remedy = "Look with AWS credentials that may iam:ListUsers and iam:GetUser: `producer audit`."
        yield Item("unreached", what, f"Vault has revoked them, but it could not be proved: {witness.why}", "", remedy)
    elif ended:
        how = f"Vault has revoked them, but AWS was seen to lose only {len(gone)} of their IAM users."
        remedy = "Look with AWS credentials of the engine's account: `producer audit`."
        yield Item("unreached", what, how, remedy=remedy)


def _left(role: LiveRole, count: int, error: KitError | None) -> Item:
    how = error.message if error else "Vault still has them."
    return Item(
        "unreached",
        f"{counted(count, 'lease')} of {role.path}",
        how,
        remedy=(error and error.hint) or "Run this again.",
    )


def _survivors(role: LiveRole, suspects: Suspects, gone: AbstractSet[str], leases: int) -> Iterator[Item]:
    """Users that no lease accounts for: they were there before, can only be of this role, and still are."""
    alive = sorted(user for user, paths in suspects.items() if paths == {role.path} and user not in gone)
    if len(alive) <= leases:
        return
    what = f"IAM users {', '.join(alive[:5])}{' and more' if alive[5:] else ''}"
    if role.user_path == "/":
        how = f"They look like those of {role.path}, but no lease here ends them: another Vault's, or orphans."
        yield Item(
            "alive", what, how, remedy="See `producer audit`. A `path` of its own for the role tells them apart."
        )
    else:
        how = f"They are named like those of {role.path} and in its path, but no lease ends them."
        yield Item("unreached", what, how, remedy="`producer audit --fix` deletes those that nobody accounts for.")


def _static(role: LiveRole) -> Item:
    how = "A static role's key has no lease: Vault replaces it by its schedule only."
    remedy = f"Deactivate the keys of IAM user {role.username} in AWS, or delete {role.path}, which deletes its key."
    return Item("unreached", f"the key of {role.path}", how, remedy=remedy)
