"""Credentials by role, in memory: got once for all who ask at a time, and anew before they end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from consumer import upkeep
from consumer.endpoint import answers
from vault_aws_kit import clock

if TYPE_CHECKING:
    from consumer.endpoint.interface import Served
    from vault_aws_kit.credentials import Credentials

AHEAD = timedelta(minutes=20)  # at most: SDKs ask a quarter of an hour ahead for something that lives longer
PATIENCE = 0.08  # seconds; the oldest SDKs give up after 0.1, and have good credentials waiting


@dataclass(slots=True)
class Held:
    """One role's credentials as they are answered."""

    answer: bytes = field(repr=False)
    ends: datetime
    renew_at: datetime
    asked: bool = False
    """Whether somebody has asked for them: what nobody asks for is not renewed."""
    troubled: bool = False
    """Whether the last try to replace them failed."""


class Supply:
    """Belongs to the event loop's thread, once that runs."""

    def __init__(
        self,
        fetch: Callable[[Served], Credentials],
        threads: Executor,
        say: Callable[[str], None],
        report: Callable[[Exception], None],
    ) -> None:
        """`fetch` may block: it is called in `threads`."""
        self._fetch = fetch
        self._threads = threads
        self._say = say
        self._report = report
        self._held: dict[Served, Held] = {}
        self._flights: dict[Served, asyncio.Task[Held]] = {}

    def keep(self, role: Served, credentials: Credentials) -> None:
        """Hold credentials that were got already."""
        self._held[role] = hold(credentials)

    def at_hand(self, role: Served) -> bytes | None:
        """The answer for a role, None where it must be got first, or could be better."""
        held = self._held.get(role)
        if held is None or held.renew_at <= clock.now():
            return None
        held.asked = True
        return held.answer

    async def get(self, role: Served) -> bytes:
        """The answer for a role: anew if it can be had in time, else the present one while it is good."""
        at_hand = self.at_hand(role)
        if at_hand:
            return at_hand
        flight = self._flight(role)
        held = self._good(role)
        if held is None:
            return await self._outcome(flight)
        held.asked = True
        await asyncio.wait({flight}, timeout=PATIENCE)
        return (self._good(role) or held).answer

    def renew_ahead(self) -> None:
        """Begin to replace whatever is in use and ends soon; to be called every now and then."""
        now = clock.now()
        for role, held in self._held.items():
            if held.asked and held.renew_at <= now:
                self._flight(role)

    def _good(self, role: Served) -> Held | None:
        held = self._held.get(role)
        return held if held and held.ends > clock.now() else None

    def _flight(self, role: Served) -> asyncio.Task[Held]:
        """The one request for a role that is under way."""
        if role not in self._flights:
            flight = asyncio.get_running_loop().create_task(self._fly(role))
            self._flights[role] = flight
            flight.add_done_callback(lambda done: self._land(role, done))
        return self._flights[role]

    async def _fly(self, role: Served) -> Held:
        return hold(await asyncio.get_running_loop().run_in_executor(self._threads, self._fetch, role))

    def _land(self, role: Served, done: asyncio.Task[Held]) -> None:
        del self._flights[role]
        held = self._held.get(role)
        if done.cancelled():
            return
        error = done.exception()
        if isinstance(error, Exception):
            self._failed(role, error)
            return
        if held and held.troubled:
            self._say(f"Credentials of {role.qualified} could be had again.")
        self._held[role] = done.result()

    def _failed(self, role: Served, error: Exception) -> None:
        """Say what happened, once for each set of credentials that is still good."""
        held = self._good(role)
        if held:
            held.renew_at = upkeep.next_try(held.ends)
        if held is None or not held.troubled:
            self._report(error)
            self._say(_meanwhile(role, held))
        if held:
            held.troubled = True

    async def _outcome(self, flight: asyncio.Task[Held]) -> bytes:
        try:
            held = await asyncio.shield(flight)
        except Exception as error:  # noqa: BLE001 - a bug is answered as one, and the server serves on
            return answers.failure(error)
        held.asked = True
        return held.answer


def hold(credentials: Credentials) -> Held:
    """Credentials with the time to replace them at: a third of their life ahead, at most twenty minutes.

    Their end is a whole second, as SDKs are told it: what has ended for them is served no more.
    """
    end = (credentials.expires or clock.now() + answers.UNKNOWN_LIFE).replace(microsecond=0)
    return Held(answers.credentials(credentials), ends=end, renew_at=max(upkeep.ahead_of(end), end - AHEAD))


def _meanwhile(role: Served, held: Held | None) -> str:
    if held is None:
        return f"There are no credentials of {role.qualified} until it can be had."
    return f"Those of {role.qualified} that are here are served on, until {clock.timestamp(held.ends)}."
