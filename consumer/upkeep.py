"""Looking after what ends by itself, while something else is waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from vault_aws_kit import clock

TICK = 1.0  # seconds
NEVER = datetime.max.replace(tzinfo=UTC)
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=30)


@contextmanager
def each_second(*duties: Callable[[], None]) -> Iterator[None]:
    """Call each duty every second, in a thread of its own, which is not waited for at the end.

    A duty asks the clock whether anything is due: a sleeping laptop then makes it late by a second at most.
    """
    over = Event()

    def work() -> None:
        while not over.wait(TICK):
            for duty in duties:
                duty()

    Thread(target=work, name="upkeep", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def ahead_of(end: datetime | None) -> datetime:
    """When to renew what ends then: with a third of its life left."""
    return NEVER if end is None else end - (end - clock.now()) / 3


def next_try(end: datetime | None) -> datetime:
    """When to try again what failed, before the end that it was to put off."""
    now = clock.now()
    left = (end - now) / 10 if end else LONGEST_PAUSE
    return now + min(max(left, SHORTEST_PAUSE), LONGEST_PAUSE)
