"""All checks, in order. What depends on something that is broken is not looked at, and the report says so."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from consumer.check.granted import Granted
from consumer.check.interface import Case, Check, Entry
from consumer.check.lifetimes import Lifetimes
from consumer.check.login import Login
from consumer.check.probing import Prober
from consumer.check.rendered import Rendered
from consumer.check.state import State
from consumer.check.static_keys import StaticKeys
from consumer.check.surroundings import Surroundings
from consumer.check.versions import Versions
from consumer.check.works import Works
from consumer.roles import find_access
from consumer.token import look_up
from vault_aws_kit import clock
from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.errors import KitError, NotAllowed
from vault_aws_kit.findings import Finding, Section

if TYPE_CHECKING:
    from consumer.roles import Access
    from consumer.token import TokenInfo
    from vault_aws_kit.contract import RoleEntry
    from vault_aws_kit.vault import Vault

CHECKS: tuple[Check, ...] = (
    Login(),
    Granted(),
    Works(),
    Lifetimes(),
    StaticKeys(),
    State(),
    Versions(),
    Rendered(),
    Surroundings(),
)
DURATION = 3 * 3600  # seconds
MANY = 50
"""Roles that are asked for without having been named: an admin's token is offered every team's."""

_NOBODY_ASKED = Finding("skipped", "all of it", "Nobody asked for credentials.", "Leave --no-probe out.")


@dataclass(frozen=True)
class Wish:
    """What to look at. `roles` are names, () for all; `duration` of a run in seconds."""

    roles: tuple[str, ...] = ()
    team: str = ""
    catalog_mount: str = CATALOG_MOUNT
    duration: int = DURATION
    probe: bool = True
    folder: Path = Path()


def examine(
    connect: Callable[[], Vault],
    wish: Wish = Wish(),
    *,
    environment: Mapping[str, str] = os.environ,
    again: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Section, ...]:
    """Look at everything; with `wish.probe` ask for credentials of each role, and give them back.

    Whatever fails is a finding; only a role that isn't offered raises: RoleUnknown, RoleAmbiguous. `again` is whether
    `connect` can log in by itself, `progress` is called with the name of each role that was asked for.
    """
    with ExitStack() as opened:
        entry = enter(lambda: opened.enter_context(connect()), wish)
        case = Case(entry, _chosen(entry.access, wish.roles), wish.folder, environment, wish.duration, again=again)
        unasked = _unasked(case, wish)
        case = replace(case, unasked=unasked) if unasked else _probed(case, progress)
        return tuple(_section(check, case) for check in CHECKS)


def enter(connect: Callable[[], Vault], wish: Wish) -> Entry:
    """As far into Vault as one gets."""
    entry = Entry()
    try:
        vault = connect()
        entry = Entry(vault, look_up(vault))
        return replace(entry, access=find_access(vault, wish.catalog_mount, wish.team))
    except KitError as error:
        return replace(entry, refused=error)


def _chosen(access: Access | None, names: Sequence[str]) -> tuple[RoleEntry, ...]:
    """The roles of these names, else all. Raises RoleUnknown, RoleAmbiguous."""
    if access is None:
        return ()
    return tuple(dict.fromkeys(map(access.role, names))) if names else access.roles


def _unasked(case: Case, wish: Wish) -> Finding | None:
    """Why nobody is asked for credentials, None where somebody is."""
    if not wish.probe:
        return _NOBODY_ASKED
    if len(case.roles) > MANY and not (wish.roles or wish.team):
        told = f"{len(case.roles)} roles are offered, and so many are asked for only where that is meant."
        return Finding("skipped", "all of it", told, "Name them (--role), or a team (--team).")
    return None


def _probed(case: Case, progress: Callable[[str], None]) -> Case:
    """With what asking for credentials gave, and with how long the token can live."""
    vault, token = case.entry.vault, case.entry.token
    if vault is None or token is None or case.entry.access is None:
        return case
    proofs = Prober(vault, token).all(case.roles, progress)
    return replace(case, proofs=proofs, reach=_reach(vault, token, case.duration))


def _reach(vault: Vault, token: TokenInfo, duration: int) -> int | None:
    """How long (in seconds) a token lives if it is renewed for a run, None where Vault doesn't tell.

    Asked for no less than it has left: a renewal can shorten a life, too.
    """
    if token.expires is None or not token.renewable:
        return None
    left = int((token.expires - clock.now()).total_seconds())
    if left >= duration:
        return left
    try:
        auth = vault.write("auth/token/renew-self", {"increment": duration}).auth or {}
    except KitError:
        return None
    return int(auth.get("lease_duration") or 0) or None


def _section(check: Check, case: Case) -> Section:
    if check.needs_vault and case.entry.access is None:
        told = case.entry.refused.message if case.entry.refused else ""
        return Section(check.title, (Finding("skipped", "all of it", told, "See Login."),))
    return Section(check.title, tuple(_findings(check, case)))


def _findings(check: Check, case: Case) -> Iterator[Finding]:
    try:
        yield from check.look(case)
    except NotAllowed as error:
        yield Finding("skipped", "the rest of it", error.message, error.hint)
    except KitError as error:
        yield Finding("error", "this check", error.message, error.hint)
