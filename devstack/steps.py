"""Saying what is being done, and how long it took."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("devstack")


@contextmanager
def step(doing: str, done: str, *, expect: str = "") -> Iterator[None]:
    """A line before and a line after: `Building X (about a minute) …`, then `Built X in 61.2 s`."""
    log.info("%s%s …", doing, f" ({expect})" if expect else "")
    start = time.monotonic()
    yield
    log.info("%s in %.1f s", done, time.monotonic() - start)


def talk() -> None:
    """Let the steps be seen on stderr, for a program that a person runs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
