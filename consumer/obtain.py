"""One way to credentials for every command: those that are kept and still good, else fresh ones, asked for once.

However many processes want the same at once, one of them asks; the others wait, and read what it kept.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from consumer.cache import LOCK_WAIT, WAITING, Entry
from vault_aws_kit import clock
from vault_aws_kit.errors import KeyNotAccepted, KitError

if TYPE_CHECKING:
    from consumer.cache import Store
    from consumer.sources.interface import Issued, Source
    from vault_aws_kit.credentials import Credentials


@dataclass(frozen=True)
class Obtained:
    """Credentials, and how they came about.

    `owner_ends` is when who asked for them ends, None for never. `outage` is why the source could not be asked, where
    cached ones were taken for good without it. `not_kept` is why they could not be kept for others, else ''.
    """

    credentials: Credentials
    cached: bool
    owner_ends: datetime | None = None
    accepted: bool = False
    outage: KitError | None = None
    not_kept: str = ""


def obtain(
    source: Source,
    store: Store | None,
    *,
    min_ttl: int | None = None,
    wait: int = 0,
    step: Callable[[str], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Obtained:
    """Credentials of a source; without a store they are always fresh.

    `min_ttl` is for how many seconds cached ones must still live (see Entry.lasts for None). With `wait` a new IAM
    user's key is given only once AWS accepts it, within so many seconds; `step` is told of each try.
    `say` is told where another process is waited for that may take long.
    Raises what the source raises, CacheUnusable, and KeyNotAccepted, after which the key is revoked.
    """
    return _Obtaining(source, store, min_ttl, wait, step, say).run()


@dataclass
class _Obtaining:
    source: Source
    store: Store | None
    min_ttl: int | None
    wait: int
    step: Callable[[str], None]
    say: Callable[[str], None]
    began: datetime = field(default_factory=clock.now)
    not_kept: str = ""

    def run(self) -> Obtained:
        found = self._kept()
        if not found:
            with self._alone(self.source.purpose, self.source.patience, self.source.busy):
                found = self._kept() or self._fresh()
        if self.wait and not found.accepted:
            found = self._once_accepted(found)
        return replace(found, not_kept=self.not_kept)

    # ── kept or fresh ────────────────────────────────────────────────────────────────────────────

    def _kept(self) -> Obtained | None:
        """What is kept and lasts; what may have been revoked since is proved to be alive.

        No proof is needed of what somebody else was given while this one waited for it.
        """
        entry = self._read()
        if not entry or not entry.lasts(self.min_ttl):
            return None
        if not entry.credentials.revocable or entry.stored >= self.began:
            return _of(entry)
        try:
            alive = self.source.is_alive(entry.credentials)
        except self.source.away as error:
            return _of(entry, error)
        if not alive:
            self._forget()
        return _of(entry) if alive else None

    def _fresh(self) -> Obtained:
        """Fresh credentials, or what is left of the kept ones where the source is out of reach."""
        try:
            issued = self.source.fetch()
        except self.source.away as error:
            entry = self._read()
            if not entry or not entry.lasts(0):
                raise
            return _of(entry, error)
        self._keep(issued)
        return Obtained(issued.credentials, cached=False, owner_ends=issued.owner_ends)

    # ── waiting for IAM ──────────────────────────────────────────────────────────────────────────

    def _once_accepted(self, found: Obtained) -> Obtained:
        """The same once AWS accepts them: one process finds out for all that wait."""
        from consumer import propagation

        if not propagation.needs_waiting(found.credentials):
            return found
        with self._alone(WAITING):
            entry = self._read()
            ours = entry if entry and entry.credentials == found.credentials else None
            if ours and ours.accepted:
                return replace(found, accepted=True)
            try:
                propagation.wait(found.credentials, self.wait, self.step)
            except BaseException as end:
                if isinstance(end, KeyNotAccepted) or not ours:  # else it is there for the next call
                    self._give_back(found.credentials)
                raise
            if ours:
                self._write(replace(ours, accepted=True))
        return replace(found, accepted=True)

    def _give_back(self, credentials: Credentials) -> None:
        self._forget()
        if credentials.revocable:
            self.source.revoke(credentials)

    # ── the store, where there is one and it works ───────────────────────────────────────────────

    @cached_property
    def _key(self) -> str:
        return self.store.key(self.source.identity) if self.store else ""

    def _read(self) -> Entry | None:
        found: Entry | None = None
        if self.store:
            with self._noted():
                found = self.store.read(self._key)
        return found

    def _keep(self, issued: Issued) -> None:
        ends = min((end for end in (issued.credentials.expires, issued.owner_ends) if end), default=None)
        if issued.lasting and ends:
            self._write(Entry(issued.credentials, clock.now(), ends, issued.owner_ends))

    def _write(self, entry: Entry) -> None:
        if self.store:
            with self._noted():
                self.store.write(self._key, entry)

    def _forget(self) -> None:
        if self.store:
            with self._noted():
                self.store.forget(self._key)

    @contextlib.contextmanager
    def _alone(self, purpose: str, patience: float = LOCK_WAIT, busy: str = "") -> Iterator[None]:
        """Alone with these credentials; where nothing can be locked, nothing can be kept either, and each asks."""
        tell = partial(self.say, busy) if busy else lambda: None
        with contextlib.ExitStack() as lock:
            if self.store:
                with self._noted():
                    lock.enter_context(self.store.locked(self._key, purpose, patience, tell))
            yield

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        """A store that doesn't work is no reason to give no credentials."""
        try:
            yield
        except OSError as error:
            self.not_kept = error.strerror or str(error)


def _of(entry: Entry, outage: KitError | None = None) -> Obtained:
    return Obtained(entry.credentials, cached=True, owner_ends=entry.owner_ends, accepted=entry.accepted, outage=outage)
