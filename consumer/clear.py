"""Ending what is kept: revoke what can be revoked, then forget it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from consumer.issue import is_alive, revoke
from vault_aws_kit.errors import KitError

if TYPE_CHECKING:
    from consumer.cache import Store
    from vault_aws_kit.credentials import Credentials
    from vault_aws_kit.vault import Vault


@dataclass(frozen=True)
class Cleared:
    """Access key IDs that were revoked, and that were only forgotten; those that could not be ended, with why.

    `others` counts the entries of other tokens that were left.
    """

    revoked: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    failures: Mapping[str, KitError] = field(default_factory=dict[str, KitError])
    others: int = 0


def clear(store: Store, vault: Vault, *, everybodys: bool = False) -> Cleared:
    """End all that this token has kept. With `everybodys` what other tokens kept is forgotten too.

    An entry that can't be revoked is kept. Raises CacheUnusable.
    """
    revoked: list[str] = []
    forgotten: list[str] = []
    failures: dict[str, KitError] = {}
    for key, entry in store.entries().items():
        found = entry.credentials
        try:
            (revoked if _end(vault, found) else forgotten).append(found.access_key_id)
            _forget(store, key)
        except KitError as error:
            failures[found.access_key_id] = error
    others = store.others()
    for key in others if everybodys else ():
        _forget(store, key)
    return Cleared(tuple(revoked), tuple(forgotten), failures, 0 if everybodys else len(others))


def _forget(store: Store, key: str) -> None:
    try:
        store.forget(key)
    except OSError as error:
        raise store.unusable(f"can't be written: {error.strerror}") from None


def _end(vault: Vault, credentials: Credentials) -> bool:
    """Whether there was something to revoke: an STS session lives on, and a dead token's keys died with it."""
    if not credentials.revocable or not is_alive(vault, credentials.lease_id):
        return False
    revoke(vault, credentials.lease_id)
    return True
