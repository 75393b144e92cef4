"""The engines' own AWS keys: that there is one, that it works, and that it isn't too old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from producer.doctor.interface import Case, Check, Need
from producer.pipeline import remembered
from producer.rotate_root import KEYS, RootState, root_state
from producer.spec import Engine
from vault_aws_kit import clock
from vault_aws_kit.errors import RootHasNoKey
from vault_aws_kit.findings import Finding


class RootKeys(Check):
    title: ClassVar[str] = "Root keys"
    needs: ClassVar[frozenset[Need]] = frozenset({"vault"})

    def look(self, case: Case) -> Iterator[Finding]:
        for engine in case.engines:
            try:
                entry = remembered(case.catalog, case.spec, engine)
                state = root_state(engine, case.vault, entry, case.witness.account)
            except RootHasNoKey:
                yield judge_without(engine)
            else:
                yield from judge(engine, state, clock.now())


def judge_without(engine: Engine) -> Finding:
    """An engine whose root config has no key."""
    if engine.keyless or engine.root.credentials == "keep":
        return Finding("ok", engine.name, "It has no key: Vault uses an identity of its own.")
    told = f"Vault has no AWS key in {engine.mount}/config/root, and the spec gives it one."
    return Finding("error", engine.name, told, "Run `producer setup`, or `producer bootstrap`.")


def judge(engine: Engine, state: RootState, now: datetime) -> Iterator[Finding]:
    yield _age(engine, state, now)
    own = next((key for key in state.keys if key.id == state.key), None)
    if own and not own.active:
        told = f"AWS has deactivated the key {state.key} of IAM user {state.user}: Vault can't get anything with it."
        yield Finding("error", engine.name, told, "Activate it in AWS, or run `producer bootstrap`.")
    if len(state.keys) >= KEYS:
        others = ", ".join(key.id for key in state.keys if key.id != state.key)
        told = f"IAM user {state.user} has a second key ({others}): Vault can't rotate its own, as AWS allows no third."
        yield Finding("warning", engine.name, told, "Delete it where nothing uses it: `aws iam delete-access-key`.")
    if state.given:
        told = f"{state.key} is the key that Vault was given, so whoever gave it may still know it."
        yield Finding("info", engine.name, told, "`producer rotate-root` replaces it by one that nobody knows.")


def _age(engine: Engine, state: RootState, now: datetime) -> Finding:
    limit = engine.root.rotate_after
    if not limit:
        return Finding("ok", engine.name, f"Vault has the key {state.key}; the spec sets no `rotate_after`.")
    if not state.made:
        told = f"When the key {state.key} was made is not known: it was put there by somebody else."
        return Finding("skipped", engine.name, told, "AWS credentials of its account tell its age.")
    age = int((now - clock.moment(state.made)).total_seconds())
    if age > limit:
        told = f"The key {state.key} is {_told(age)} old, and the spec wants it replaced after {clock.duration(limit)}."
        return Finding("warning", engine.name, told, f"`producer rotate-root --max-age {clock.duration(limit)}`")
    return Finding("ok", engine.name, f"The key {state.key} is {_told(age)} old.")


def _told(age: int) -> str:
    """An age in seconds, without what says nothing at its size."""
    unit = next((size for size in (86400, 3600, 60) if age >= size), 1)
    return clock.duration(age - age % unit)
