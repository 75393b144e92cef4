"""What AWS still has of an engine though Vault will never end it: orphaned IAM users, and keys older than their TTL.

An orphan is an IAM user in the path and with the name of an engine's users that is older than the engine's longest
lease, or of a role that has no lease. In the path "/" another Vault's users look the same, so there it isn't certain;
nor is it where an engine of this Vault can't be asked, as its users may stand in the same path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from producer.iam_account import IamAccount, open_account
from producer.iam_users import IamUser
from producer.incident.estate import SYSTEM_MAX, Estate, LiveEngine, LiveRole, read_estate
from vault_aws_kit import clock
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.errors import AwsError, AwsRefused, NotAllowed, OrphansFound, RevokeIncomplete
from vault_aws_kit.vault import Body, Vault

GRACE = timedelta(minutes=5)
"""For clocks that differ, and for a user that was just made and whose lease isn't written yet."""


@dataclass(frozen=True)
class Finding:
    """`kind` "orphan" is a user that `fix` deletes; "old-key" is a key that it leaves. `created` is ISO 8601."""

    kind: Literal["orphan", "old-key"]
    engine: str
    user: str
    path: str
    created: str
    why: str
    certain: bool = True
    remedy: str = ""


@dataclass(frozen=True)
class Elsewhere:
    """A role with leases at another AWS engine of this Vault; `longest` (seconds) is the longest life of one.

    `path` is where its users stand in IAM, '' where the role is gone and nobody knows.
    """

    role: str
    path: str
    longest: int


@dataclass(frozen=True)
class Audit:
    """`looked_at` counts the users that carry a name of an engine's, `too_young` those of them that no lease accounts
    for, but that may be about to get one; `notes` is what could not be looked at."""

    account: str
    looked_at: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    too_young: int = 0

    def fixable(self, *, also_uncertain: bool = False) -> list[Finding]:
        return [one for one in self.findings if one.kind == "orphan" and (one.certain or also_uncertain)]

    def check(self) -> None:
        """Raises OrphansFound for what is certain."""
        certain = [one for one in self.findings if one.certain]
        if certain:
            raise OrphansFound(
                f"{len(certain)} IAM users or keys in account {self.account} have outlived their leases.",
                hint="`producer audit --fix` deletes orphaned users; old keys say what to do.",
            )


def audit(
    spec: str,
    vault: Vault,
    *,
    catalog_mount: str = CATALOG_MOUNT,
    account: Callable[[], IamAccount] = open_account,
) -> Audit:
    """Look, and change nothing. Raises every AwsError: without AWS there is no audit."""
    estate = read_estate(Catalog(vault, catalog_mount), spec)
    aws = account()
    looked_at, young, notes, findings = set[str](), set[str](), list[str](), dict[tuple[str, str], Finding]()
    for engine in dict.fromkeys(role.engine for role in estate.roles):
        _check_account(engine, aws)
        if not engine.pattern.known:
            notes.append(f"{engine.mount}/ has a username_template that doesn't begin with fixed text: not looked at.")
            continue
        users = _users(engine, estate, aws)
        looked_at |= {user.name for user in users}
        orphans, undecided = _orphans(engine, users, vault)
        young |= undecided
        found = (*orphans, *_old_keys([r for r in estate.roles if r.engine == engine], aws))
        findings |= {(one.user, one.why if one.kind == "old-key" else ""): one for one in found}
    return Audit(aws.account, len(looked_at), tuple(findings.values()), tuple(notes), len(young))


def fix(findings: Sequence[Finding], aws: IamAccount, progress: Callable[[Finding], None] = lambda _: None) -> None:
    """Delete orphaned users with their keys. Raises RevokeIncomplete at the end where some could not be deleted."""
    failed: list[str] = []
    for finding in findings:
        try:
            aws.delete_user(finding.user)
        except AwsError as error:
            failed.append(f"  {finding.user}: {error.message}")
        else:
            progress(finding)
    if failed:
        raise RevokeIncomplete(
            "\n".join([f"{len(failed)} of {len(findings)} users could not be deleted:", *failed]),
            hint="Run it again with AWS credentials that may delete them.",
        )


def _check_account(engine: LiveEngine, aws: IamAccount) -> None:
    """An account that knows nothing of the engine would look clean. Raises AwsRefused."""
    if engine.key and not aws.user_of(engine.key):
        raise AwsRefused(
            f"Account {aws.account} of the AWS credentials here doesn't know the key {engine.key} of {engine.mount}/.",
            hint="Use AWS credentials of the account that Vault's key is of.",
        )


def _users(engine: LiveEngine, estate: Estate, aws: IamAccount) -> list[IamUser]:
    """The users with a name of the engine's, in the paths of its roles."""
    own = [role for role in estate.roles if role.engine == engine and role.type in ("iam_user", "")]
    paths = sorted({role.user_path for role in own})
    return [user for path in paths for user in aws.users(path) if engine.pattern.matches(user.name)]


def _leased(mount: str, vault: Vault) -> set[str]:
    """The roles of an engine that have leases of users."""
    return {name.rstrip("/") for name in vault.names(f"sys/leases/lookup/{mount}/creds")}


def _elsewhere(engine: LiveEngine, vault: Vault) -> tuple[list[Elsewhere], list[str]]:
    """What Vault's other AWS engines have given out, and the mounts whose leases or roles this token may not see."""
    found: list[Elsewhere] = []
    unseen: list[str] = []
    for place, mount in (vault.read("sys/mounts") or {}).items():
        if isinstance(mount, Mapping) and mount.get("type") == "aws" and place != f"{engine.mount}/":
            longest = int((mount.get("config") or {}).get("max_lease_ttl") or 0) or SYSTEM_MAX
            try:
                roles = {f"{place}roles/{role}": role for role in _leased(place.rstrip("/"), vault)}
                answers = vault.read_many(roles)
            except NotAllowed:
                unseen.append(place)
            else:
                paths = {path: _user_path(answer) for path, answer in answers.items()}
                found += [Elsewhere(roles[path], paths[path], longest) for path in roles]
    return found, unseen


def _user_path(role: Body | None) -> str:
    """Where a role's users stand, '' for a role that is gone: its leases may not be."""
    return str(role.get("user_path") or "/") if role else ""


def _orphans(engine: LiveEngine, users: Sequence[IamUser], vault: Vault) -> tuple[list[Finding], set[str]]:
    """The orphans, and the names of users that are too young to be told from them."""
    found: list[Finding] = []
    young: set[str] = set()
    others, unseen = _elsewhere(engine, vault)
    leased = _leased(engine.mount, vault)
    known = leased | set(vault.names(f"{engine.mount}/roles"))
    now = clock.now()
    for user in users:
        roles = engine.pattern.roles(user.name, known)
        why = _why_orphan(user, roles, leased, engine, now)
        if not why or _lives_elsewhere(user, engine, others, now):
            continue
        if now - user.created <= GRACE:
            young.add(user.name)
            continue
        doubt = _doubt(user, unseen)
        created = clock.timestamp(user.created)
        found.append(Finding("orphan", engine.name, user.name, user.path, created, why, not doubt, doubt))
    return found, young


def _lives_elsewhere(user: IamUser, engine: LiveEngine, others: Sequence[Elsewhere], now: datetime) -> bool:
    """Whether a lease of another engine may still end a user that looks like one of this engine."""
    here = {one.role: one for one in sorted(others, key=lambda one: one.longest) if one.path in ("", user.path)}
    lives = [here[role].longest for role in engine.pattern.roles(user.name, here)]
    return bool(lives) and now - user.created <= timedelta(seconds=max(lives)) + GRACE


def _doubt(user: IamUser, unseen: Sequence[str]) -> str:
    """Why a user may be somebody else's, '' where that can't be."""
    if user.path == "/":
        return "In the path / it may also be another Vault's: look before you delete it."
    if unseen:
        return f"It may also be of {unseen[0]}, whose leases this token may not see: look before you delete it."
    return ""


def _why_orphan(user: IamUser, roles: frozenset[str], leased: set[str], engine: LiveEngine, now: datetime) -> str:
    """'' for a user that a lease may still end, were its lease written."""
    age = now - user.created
    if age > timedelta(seconds=engine.longest) + GRACE:
        return f"older than {clock.duration(engine.longest)}, the longest lease of {engine.mount}/"
    if not roles & leased:
        return f"role {' or '.join(sorted(roles))} has no lease" if roles else f"of no role of {engine.mount}/"
    return ""


def _old_keys(roles: Sequence[LiveRole], aws: IamAccount) -> Iterator[Finding]:
    """Keys of static roles that Vault should have replaced by now."""
    for role in roles:
        if role.type != "static" or not role.rotation_period:
            continue
        limit = timedelta(seconds=role.rotation_period) + max(GRACE, timedelta(seconds=role.rotation_period / 10))
        for key in aws.keys(role.username):
            if key.active and clock.now() - key.created > limit:
                why = f"key {key.id} is older than {clock.duration(role.rotation_period)}, its rotation_period"
                remedy = f"See Vault's log: it should rotate {role.path}."
                created = clock.timestamp(key.created)
                yield Finding("old-key", role.engine.name, role.username, "", created, why, remedy=remedy)
