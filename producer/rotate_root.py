"""Rotating an engine's root key: Vault makes a new one and deletes the old one, and nobody sees either.

The key that Vault holds is the only state. A run that is stopped has rotated or hasn't; the next one sees which, and
records it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from producer.iam_account import IamAccount, IamKey
from producer.lock import SetupLock
from producer.pipeline import remembered
from producer.spec import Engine, Spec
from vault_aws_kit import clock
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT, EngineEntry, engine_path
from vault_aws_kit.errors import (
    AwsError,
    AwsRefused,
    CatalogMissing,
    KitError,
    NotAllowed,
    RootHasNoKey,
    RootKeyQuota,
    VaultAnswered,
    VaultError,
)
from vault_aws_kit.vault import Request, Vault

KEYS = (
    2  # access keys that AWS allows a user: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
)
PATIENCE, PAUSE = 60.0, 1.0  # seconds until every part of IAM knows a key that was just made
_NOT_YET = ("InvalidClientTokenId", "security token included in the request is invalid")


@dataclass(frozen=True)
class RootState:
    """An engine's root key now. `made` is ISO 8601, '' where unknown; `user` and `keys` where AWS could be asked."""

    key: str
    made: str = ""
    user: str = ""
    arn: str = ""
    keys: tuple[IamKey, ...] = ()
    given: bool = False
    """Whether it is the key that was given to Vault, which others may know and use."""

    def younger_than(self, age: int) -> bool:
        return bool(self.made) and (clock.now() - clock.moment(self.made)).total_seconds() < age


@dataclass(frozen=True)
class Rotation:
    """What was done to an engine's root key. `leftover` is an old key that AWS still has, '' where it is gone."""

    engine: str
    before: str
    after: str
    leftover: str = ""
    proved_by: str = ""
    """The role whose credentials Vault got with the new key; '' where the token may not get any, or there is none."""

    @property
    def rotated(self) -> bool:
        return self.before != self.after


Approve = Callable[[RootState], None]


def rotate_root(
    spec: Spec,
    engine: Engine,
    vault: Vault,
    account: IamAccount | None,
    *,
    catalog_mount: str = CATALOG_MOUNT,
    max_age: int = 0,
    approve: Approve = lambda _: None,
    wait: float = 0.0,
) -> Rotation:
    """Rotate the root key unless it is younger than `max_age` seconds.

    `account` None leaves out what only AWS knows: the key's age and how many there are. Raises RootHasNoKey,
    RootKeyQuota, CatalogMissing, LockHeld, what `approve` raises, and what Vault answers.
    """
    catalog = Catalog(vault, catalog_mount)
    entry = remembered(catalog, spec, engine)
    if entry is None:
        raise CatalogMissing(
            f"The catalog knows nothing of engine {engine.name!r}.",
            hint="Run `producer bootstrap` or `producer setup`.",
        )
    with SetupLock(catalog, spec.name, wait=wait) as lock:
        state = root_state(engine, vault, entry, account)
        if max_age and state.younger_than(max_age):
            return Rotation(engine.name, state.key, state.key)
        preflight(engine, vault, state)
        approve(state)
        lock.check()
        after = rotate(engine, vault)
        record(catalog, spec, engine, after, state.arn)
    return Rotation(engine.name, state.key, after, _leftover(account, state), prove(spec, engine, vault))


def root_state(engine: Engine, vault: Vault, entry: EngineEntry | None, account: IamAccount | None) -> RootState:
    """What is known of an engine's key. Raises RootHasNoKey."""
    key = key_in_vault(engine, vault)
    if not key:
        raise RootHasNoKey(
            f"Vault has no AWS key in {engine.mount}/config/root: engine {engine.name!r} uses an identity of its own.",
            hint="There is nothing to rotate. `producer bootstrap` gives the engine an IAM user of its own.",
        )
    made = entry.key_made(key) if entry else ""
    given = bool(entry and entry.access_key_id == key and entry.rotated_key_id != key)
    try:
        user = account.user_of(key) if account else ""
        keys = tuple(account.keys(user)) if account and user else ()
        arn = _arn(account, user) if account and user else ""
    except AwsError:
        return RootState(key, made, given=given)
    created = next((clock.timestamp(one.created) for one in keys if one.id == key), made)
    return RootState(key, created, user, arn, keys, given)


def preflight(engine: Engine, vault: Vault, state: RootState) -> None:
    """Refuse what must fail before anything is changed. Raises RootKeyQuota or NotAllowed."""
    path = f"{engine.mount}/config/rotate-root"
    may = vault.capabilities([path])[path]
    if not may & {"update", "root"}:
        raise NotAllowed(f"The token lacks `update` on {path}.", hint="`producer acl` prints the policy that it needs.")
    if len(state.keys) >= KEYS:
        raise _quota(engine, state)


def rotate(engine: Engine, vault: Vault, *, patience: float = PATIENCE) -> str:
    """Have Vault rotate, and return the ID of its new key.

    Tried again only while AWS doesn't know Vault's present key yet, which comes before anything is made. An answer
    that got lost, or an old key that Vault couldn't delete, is no failure where another key is in Vault.
    """
    before = key_in_vault(engine, vault)
    deadline = time.monotonic() + patience
    while True:
        try:
            vault.tell(Request("update", f"{engine.mount}/config/rotate-root", {}, repeatable=False))
        except VaultError as error:
            after = key_in_vault(engine, vault)
            if after != before:
                return after
            said = error.said if isinstance(error, VaultAnswered) else ""
            if not any(sign in said for sign in _NOT_YET) or time.monotonic() > deadline:
                raise explained(engine, error, said) from None
            time.sleep(PAUSE)
        else:
            return key_in_vault(engine, vault)


def prove(spec: Spec, engine: Engine, vault: Vault, *, patience: float = PATIENCE) -> str:
    """Have Vault ask AWS for one session with its key, waiting until AWS knows that; returns the role, '' for no proof.

    Only roles of STS are asked, as a session needs no cleaning up. Any refusal but "unknown key" proves the key as
    well: AWS has recognised it. Raises AwsRefused where it doesn't within `patience` seconds.
    """
    roles = [one for one in spec.roles if one.engine == engine.name and len(one.role_arns) == 1]
    path = f"{engine.mount}/creds/{roles[0].name}" if roles else ""
    if not path or not vault.capabilities([path])[path] & {"read", "root"}:
        return ""
    deadline = time.monotonic() + patience
    while True:
        try:
            vault.ask(Request("read", path, repeatable=False))
        except VaultAnswered as error:
            if not any(sign in error.said for sign in _NOT_YET):
                return roles[0].qualified if "AccessDenied" in error.said else ""
            if time.monotonic() > deadline:
                told = f"AWS still doesn't know the new key of engine {engine.name!r}: {error.message}"
                raise AwsRefused(
                    told, hint="Look whether the root user has it; `producer bootstrap` mends it."
                ) from None
            time.sleep(PAUSE)
        else:
            return roles[0].qualified


def explained(engine: Engine, error: VaultError, said: str) -> KitError:
    """What AWS's answer in Vault's words means."""
    if "LimitExceeded" in said:
        return _quota(engine, RootState(""))
    if "AccessDenied" in said:
        return AwsRefused(
            f"AWS doesn't let the root user of engine {engine.name!r} rotate its own key: {error.message}",
            hint="`producer bootstrap --print-policy` prints what it needs.",
        )
    return error


def record(catalog: Catalog, spec: Spec, engine: Engine, key: str, principal: str, made: str = "") -> None:
    """Remember the key that Vault made, and whose it is."""
    entry = remembered(catalog, spec, engine) or EngineEntry(engine.name, engine.mount, engine.region)
    made = made or clock.timestamp(clock.now())
    new = replace(entry, rotated_key_id=key, key_rotated=made, principal=principal or entry.principal)
    catalog.write(engine_path(spec.name, engine.name), new.to_json())


def key_in_vault(engine: Engine, vault: Vault) -> str:
    return str((vault.read(f"{engine.mount}/config/root") or {}).get("access_key") or "")


def _arn(account: IamAccount, user: str) -> str:
    with account.asked("iam:GetUser") as iam:
        return iam.get_user(UserName=user)["User"]["Arn"]


def _leftover(account: IamAccount | None, state: RootState) -> str:
    """The old key, where AWS still has it: Vault tells its own failure to delete it as one of the whole rotation."""
    if account is None or not state.user:
        return ""
    return state.key if any(key.id == state.key for key in account.keys(state.user)) else ""


def _quota(engine: Engine, state: RootState) -> RootKeyQuota:
    others = [key.id for key in state.keys if key.id != state.key]
    told = f" ({', '.join(others)} besides Vault's {state.key})" if others else ""
    return RootKeyQuota(
        f"The root user of engine {engine.name!r} has two access keys already{told}, and AWS allows no third.",
        hint="Delete the one that Vault doesn't hold: `aws iam delete-access-key`; for a user that the kit made, "
        "`producer bootstrap` does it.",
    )
