"""One fetch for all who ask, ahead of the end; and what is good is served while nothing better can be had.

What is fetched is credentials made here: the supply doesn't know where they come from.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from consumer.endpoint.supply import Supply, hold
from vault_aws_kit import clock
from vault_aws_kit.contract import RoleEntry
from vault_aws_kit.credentials import Credentials
from vault_aws_kit.errors import VaultUnreachable

ROLE = RoleEntry("app", "main", "aws", "iam_user", "eu-west-1", 900, 3600)
GONE = VaultUnreachable("Vault doesn't answer.")


def living(seconds: float, key: str = "AKIA") -> Credentials:
    return Credentials(key, "secret", expires=clock.now() + timedelta(seconds=seconds))


class Source:
    """Gives what a test puts in, each time something else, once it may."""

    def __init__(self, *outcomes: Credentials | Exception) -> None:
        self.outcomes = list(outcomes)
        self.asked = 0
        self.may = threading.Event()
        self.may.set()

    def __call__(self, role: RoleEntry) -> Credentials:
        self.asked += 1
        assert self.may.wait(60)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def with_supply():
    """Runs a coroutine function with a supply from a source; gives what it gave and what was said meanwhile."""

    def run(source: Source, use: Callable, *, kept: Credentials | None = None) -> tuple[object, list[str]]:
        said: list[str] = []

        async def inside() -> object:
            with ThreadPoolExecutor(8) as threads:
                supply = Supply(source, threads, said.append, lambda error: said.append(str(error)))
                if kept:
                    supply.keep(ROLE, kept)
                return await use(supply)

        return asyncio.run(inside()), said

    return run


def key(answer: bytes) -> str:
    return json.loads(answer.partition(b"\r\n\r\n")[2]).get("AccessKeyId", "")


async def settled(supply: Supply) -> None:
    """Once nothing is under way."""
    if supply._flights:
        await asyncio.wait(supply._flights.values())


def test_all_who_ask_at_once_get_what_one_fetch_gave(with_supply):
    source = Source(living(900))

    async def use(supply: Supply) -> list[bytes]:
        return await asyncio.gather(*(supply.get(ROLE) for _ in range(200)))

    found, _ = with_supply(source, use)
    assert {key(answer) for answer in found} == {"AKIA"}
    assert source.asked == 1


def test_all_who_ask_at_once_get_the_one_error_and_the_next_one_tries_again(with_supply):
    source = Source(GONE, living(900))

    async def use(supply: Supply) -> tuple[set[bytes], bytes]:
        failed = await asyncio.gather(*(supply.get(ROLE) for _ in range(20)))
        return set(failed), await supply.get(ROLE)

    (failed, later), said = with_supply(source, use)
    [answer] = failed
    assert b"503" in answer
    assert key(later) == "AKIA"
    assert said[0] == GONE.message


def test_what_is_at_hand_is_answered_without_a_fetch(with_supply):
    source = Source()

    async def use(supply: Supply) -> bytes | None:
        return supply.at_hand(ROLE)

    found, _ = with_supply(source, use, kept=living(900))
    assert key(found) == "AKIA"


def test_what_is_in_use_is_replaced_ahead_of_its_end(with_supply):
    source = Source(living(900, "NEW"))
    old = living(900, "OLD")

    async def use(supply: Supply) -> tuple[bytes | None, bytes | None]:
        supply.keep(ROLE, old)
        first = supply.at_hand(ROLE)
        supply._held[ROLE].renew_at = clock.now()
        supply.renew_ahead()
        await settled(supply)
        return first, supply.at_hand(ROLE)

    (first, then), _ = with_supply(source, use)
    assert (key(first), key(then)) == ("OLD", "NEW")


def test_what_nobody_asked_for_is_not(with_supply):
    async def use(supply: Supply) -> None:
        supply._held[ROLE].renew_at = clock.now()
        supply.renew_ahead()
        await settled(supply)

    source = Source()
    with_supply(source, use, kept=living(900))
    assert source.asked == 0


def test_whoever_asks_late_need_not_wait_for_a_slow_vault_while_there_is_something_good(with_supply):
    source = Source(living(900, "NEW"))
    source.may.clear()

    async def use(supply: Supply) -> tuple[bytes, bytes]:
        supply._held[ROLE].renew_at = clock.now()
        meanwhile = await supply.get(ROLE)
        source.may.set()
        await settled(supply)
        return meanwhile, await supply.get(ROLE)

    (meanwhile, then), _ = with_supply(source, use, kept=living(900, "OLD"))
    assert (key(meanwhile), key(then)) == ("OLD", "NEW")


def test_what_is_good_is_served_while_nothing_else_can_be_had_and_that_is_said_once(with_supply):
    source = Source(GONE, GONE, living(900, "NEW"))

    async def use(supply: Supply) -> list[str]:
        found = []
        for _ in range(3):
            supply._held[ROLE].renew_at = clock.now()
            found.append(key(await supply.get(ROLE)))
            await settled(supply)
        return [*found, key(await supply.get(ROLE))]

    kept = living(60, "OLD")
    found, said = with_supply(source, use, kept=kept)
    assert found[:2] == ["OLD", "OLD"]
    assert found[-1] == "NEW"
    assert said == [
        GONE.message,
        f"Those of main/app that are here are served on, until {clock.timestamp(kept.expires)}.",
        "Credentials of main/app could be had again.",
    ]


def test_after_a_failure_vault_is_left_alone_for_a_while(with_supply):
    source = Source(GONE)

    async def use(supply: Supply) -> list[bytes | None]:
        supply._held[ROLE].renew_at = clock.now()
        await supply.get(ROLE)
        await settled(supply)
        return [supply.at_hand(ROLE) for _ in range(1000)]

    found, _ = with_supply(source, use, kept=living(600, "OLD"))
    assert {key(answer) for answer in found} == {"OLD"}
    assert source.asked == 1


def test_what_has_ended_is_never_served(with_supply):
    async def use(supply: Supply) -> bytes:
        return await supply.get(ROLE)

    found, _ = with_supply(Source(GONE), use, kept=living(-1))
    assert b"503" in found


def test_a_bug_is_answered_as_one_and_the_next_who_asks_is_served(with_supply):
    async def use(supply: Supply) -> tuple[bytes, bytes]:
        return await supply.get(ROLE), await supply.get(ROLE)

    (failed, then), _ = with_supply(Source(KeyError("secret-4f"), living(900)), use)
    assert b"500" in failed
    assert b"secret-4f" not in failed
    assert key(then) == "AKIA"


@pytest.mark.parametrize(("life", "ahead"), [(60, 20), (900, 300), (3600, 1200), (12 * 3600, 1200)])
def test_a_third_of_their_life_ahead_credentials_are_replaced_at_most_twenty_minutes(life, ahead):
    held = hold(living(life))
    assert (held.ends - held.renew_at).total_seconds() == pytest.approx(ahead, abs=1)
