"""Ending in order: what was got is given back before the process goes, whoever asks for its end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from vault_aws_kit import terminal

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def in_order(*, only_if: bool = True, until: str = "what was asked for is revoked") -> Iterator[None]:
    """Who cancels a job sends SIGTERM, who closes a terminal SIGHUP: both end the block as Ctrl-C does.

    Whoever asks again is not heeded: what is under way then is the giving back. `only_if` is whether there can be
    anything to give back, and `until` what a person is told of it.
    """
    found = {number: signal.getsignal(number) for number in STOPS if only_if}
    before = {number: handler for number, handler in found.items() if handler not in (None, signal.SIG_IGN)}

    def stop(*_: object) -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        terminal.say(f"Stopping, once {until} …")
        raise KeyboardInterrupt

    try:
        for number in before:
            signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
