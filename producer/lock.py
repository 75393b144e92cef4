"""One setup of a spec at a time: a lock in the catalog, taken by check-and-set and kept by a heartbeat.

Its age is measured by Vault's clock alone, so that clocks that are wrong here or there don't matter. A holder that
died stops refreshing it, and loses it after TTL seconds.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from producer.person import who_runs_this
from vault_aws_kit import clock
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.errors import KitError, LockHeld, LockLost, VaultRefused

TTL = 60.0  # seconds without a heartbeat after which a lock is nobody's
HEARTBEAT = 15.0
POLL = 1.0


@dataclass(frozen=True)
class Holder:
    """Who holds a lock. `nonce` tells two runs of one process ID apart."""

    who: str
    since: str
    nonce: str

    @classmethod
    def me(cls) -> Holder:
        return cls(f"{who_runs_this()} (process {os.getpid()})", clock.timestamp(clock.now()), secrets.token_hex(8))


@dataclass(frozen=True)
class _Found:
    """The lock as Vault has it: KV's version is what check-and-set compares."""

    version: int
    holder: Holder | None
    age: float


class SetupLock:
    """A context manager that holds the lock of one spec. Raises LockHeld after `wait` seconds."""

    def __init__(
        self,
        catalog: Catalog,
        spec: str,
        *,
        wait: float = 0.0,
        force: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._vault = catalog.vault
        self._path = f"{catalog.mount}/data/{spec}/lock"
        self._me = Holder.me()
        self._wait, self._force = wait, force
        self._say = say
        self._version = 0
        self._refreshed = 0.0
        self._lost = False
        self._done = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + self._wait
        told = False
        while not self._take(self._look()):
            holder = self._look().holder
            if holder and time.monotonic() > deadline:
                raise _held(holder)
            if holder and not told:
                self._say(f"Waiting for {holder.who}, who has been setting this spec up since {holder.since} …")
                told = True
            time.sleep(POLL)
        self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._heart.join()
        if not self._lost:
            with suppress(KitError):  # what matters is said already; a lock that stays expires by itself
                self._write(self._version, None)

    def check(self) -> None:
        """Raises LockLost unless the lock is still held: to be called before each step that writes."""
        if self._lost or time.monotonic() - self._refreshed > TTL:
            raise LockLost(
                "The lock of this spec was lost: another setup took it over, or Vault was away for too long.",
                hint="Nothing more was written. Look at `producer plan`, then run `producer setup` again.",
            )

    def _take(self, found: _Found) -> bool:
        free = found.holder is None or found.age > TTL or self._force
        return self._adopt(found) or (free and self._write(found.version, self._me))

    def _adopt(self, found: _Found) -> bool:
        """Whether the lock is ours already: a write whose answer got lost was carried out all the same."""
        mine = found.holder is not None and found.holder.nonce == self._me.nonce
        if mine:
            self._version = found.version
            self._refreshed = time.monotonic() - found.age
        return mine

    def _look(self) -> _Found:
        answer = self._vault.read(self._path)
        if answer is None:
            return _Found(self._deleted_version(), None, 0.0)
        meta, value = answer["metadata"], answer["data"] or {}
        made = datetime.fromisoformat(meta["created_time"][:19] + "+00:00")
        age = (self._vault.server_time() - made).total_seconds()
        holder = Holder(value["who"], value["since"], value["nonce"]) if value.get("nonce") else None
        return _Found(int(meta["version"]), holder, age)

    def _deleted_version(self) -> int:
        """After a soft delete KV v2 still wants the version that it deleted."""
        meta = self._vault.read(self._path.replace("/data/", "/metadata/", 1))
        return int(meta["current_version"]) if meta else 0

    def _write(self, version: int, holder: Holder | None) -> bool:
        """Set the lock if it is still at `version`. False: somebody was quicker."""
        value = {"who": holder.who, "since": holder.since, "nonce": holder.nonce} if holder else {"nonce": ""}
        asked = time.monotonic()  # Vault counts from when it wrote, which an answer that is late is no sign of
        try:
            answer = self._vault.write(self._path, {"options": {"cas": version}, "data": value})
        except VaultRefused as error:
            if "check-and-set" not in error.message:
                raise
            return False
        self._version = int(answer.data["version"])
        self._refreshed = asked
        return True

    def _beat(self) -> None:
        while not self._done.wait(HEARTBEAT):
            try:
                self._lost = not (self._write(self._version, self._me) or self._adopt(self._look()))
            except KitError:
                continue  # Vault is away for a moment: `check` notices if it stays away
            if self._lost:
                return


def _held(holder: Holder) -> LockHeld:
    return LockHeld(
        f"{holder.who} has been setting this spec up since {holder.since}.",
        hint=f"Wait for it (--lock-timeout 5m): if it is dead, its lock ends {TTL:.0f} s after its last sign of life. "
        "Or take it away with --force-unlock, if you know that.",
    )
