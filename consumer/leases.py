"""The leases of a long run: renewed where Vault allows it, replaced where it doesn't, and all given back at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from consumer import upkeep
from consumer.issue import REVOKE_PAUSES, Parameters, issue, renew, revoke
from consumer.lasting_token import NO_GAIN, LastingToken
from vault_aws_kit import clock
from vault_aws_kit.errors import AWAY, KitError, RevokeFailed, TokenRefused

if TYPE_CHECKING:
    from vault_aws_kit.contract import RoleEntry
    from vault_aws_kit.credentials import Credentials


class Leases:
    """Every set of credentials that a run took and that may still be alive. Safe to use from several threads."""

    def __init__(
        self,
        token: LastingToken,
        asked: Callable[[RoleEntry], Parameters],
        settle: Callable[[Credentials], None] = lambda _: None,
    ) -> None:
        """`settle` returns once fresh credentials may be used, or raises; they are given back at the end anyhow."""
        self._token = token
        self._asked = asked
        self._settle = settle
        self._alive: dict[str, Credentials] = {}  # by access key ID, the oldest first
        self._newest: dict[RoleEntry, str] = {}
        self._changing = Lock()

    def take(self, role: RoleEntry) -> Credentials:
        """A role's credentials with as long a life as can be had: those of before, renewed, or else others.

        Raises what `issue` and `settle` raise, and VaultUnreachable and the like.
        """
        with self._changing:
            held = self._alive.get(self._newest.get(role, ""))
        return (held and self._long_enough(held)) or self._issued(role)

    def renewed(self, held: Credentials) -> Credentials:
        """The same credentials with a longer life, or as long a one as Vault allows. Raises VaultRefused."""
        ends = self._token.ask(lambda vault, _: renew(vault, held))
        longer = replace(held, expires=min(ends, self._token.token.expires or ends))
        self._keep(longer)
        return longer

    def give_back(self) -> list[tuple[Credentials, RevokeFailed | None]]:
        """Revoke every lease that is still alive; each one, and why it could not be revoked if so."""
        with self._changing:
            alive = self._still_alive()
            self._alive, self._newest = {}, {}
        pauses: Sequence[float] = REVOKE_PAUSES
        ended = []
        for credentials in alive.values():
            failure = self._end(credentials, pauses)
            pauses = () if failure else pauses  # whatever keeps Vault from it, the next one need not wait as long
            ended.append((credentials, failure))
        return ended

    def _long_enough(self, held: Credentials) -> Credentials | None:
        """They, renewed to at least half of what they lived at first; None where Vault gives no more."""
        if not held.renewable:
            return None
        try:
            longer = self.renewed(held)
        except AWAY:
            raise
        except KitError:  # it has ended, or the team may not renew
            return None
        left = longer.remaining()
        return longer if left and left >= timedelta(seconds=held.lease_duration) / 2 else None

    def _issued(self, role: RoleEntry) -> Credentials:
        fresh = self._token.ask(lambda vault, token: issue(vault, token, role, self._asked(role)))
        self._keep(fresh)
        self._settle(fresh)
        with self._changing:
            self._newest[role] = fresh.access_key_id
        return fresh

    def _keep(self, credentials: Credentials) -> None:
        with self._changing:
            self._alive = {**self._still_alive(), credentials.access_key_id: credentials}

    def _still_alive(self) -> dict[str, Credentials]:
        now = clock.now()
        return {key: one for key, one in self._alive.items() if one.expires is None or one.expires > now}

    def _end(self, credentials: Credentials, pauses: Sequence[float]) -> RevokeFailed | None:
        try:
            if credentials.lease_id:
                self._token.ask(lambda vault, _: revoke(vault, credentials.lease_id, pauses))
        except RevokeFailed as failure:
            return failure
        return None


class Lifeline:
    """One set of credentials that can't be exchanged for others: it is kept alive for as long as Vault allows."""

    def __init__(self, leases: Leases, credentials: Credentials, say: Callable[[str], None]) -> None:
        self._leases = leases
        self._credentials = credentials
        self._say = say
        self._due = upkeep.ahead_of(credentials.expires)
        self._troubled = False

    def look_after(self) -> None:
        """Renew the lease where that is due; says once until when the credentials live where it can't be."""
        if clock.now() < self._due:
            return
        try:
            self._due = (
                self._renewed() if self._credentials.renewable else self._lives_no_longer("they can't be renewed")
            )
        except AWAY as error:
            self._due = self._trouble(error)
        except TokenRefused as error:
            self._say(f"{error.message} The credentials have ended with it.")
            self._due = upkeep.NEVER
        except KitError as error:
            self._due = self._lives_no_longer(error.message.rstrip("."))

    def _renewed(self) -> datetime:
        before = self._credentials
        self._credentials = longer = self._leases.renewed(before)
        self._troubled = False
        gained = before.expires and longer.expires and longer.expires - before.expires > NO_GAIN
        return upkeep.ahead_of(longer.expires) if gained else self._lives_no_longer("Vault renews them no further")

    def _trouble(self, error: KitError) -> datetime:
        if not self._troubled:
            self._say(f"The lease can't be renewed for now: {error.message} {self._until()}, unless it can be later.")
        self._troubled = True
        ended = self._credentials.expires and self._credentials.expires < clock.now()
        return upkeep.NEVER if ended else upkeep.next_try(self._credentials.expires)

    def _lives_no_longer(self, why: str) -> datetime:
        self._say(f"{self._until()}: {why}. A longer run needs `consumer exec --refresh`.")
        return upkeep.NEVER

    def _until(self) -> str:
        end = self._credentials.expires
        return f"The credentials live until {clock.timestamp(end)}" if end else "The credentials have no known end"
