"""Codes of MFA devices whose seed Vault's TOTP engine holds: Vault gives the code, and nobody sees the seed.

Where a code comes from is written `vault:MOUNT/code/NAME`: the path at which Vault gives it.
Sources: https://developer.hashicorp.com/vault/api-docs/secret/totp#generate-code, and RFC 6238, by which a code is good
for one period, and once.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from vault_aws_kit import IAM_PATH, clock
from vault_aws_kit.errors import CodeSourceInvalid, CodeUnavailable, NotAllowed, VaultRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault_aws_kit.vault import Body, Vault

PERIOD, DIGITS = 30, 6
"""Seconds for which AWS's virtual devices show one code, and what it has; AWS takes no others."""
MARGIN, PAUSE = timedelta(seconds=0.3), 1.0  # where Vault's clock differs from the one here, it is asked again
EXAMPLE = "vault:totp/code/NAME"
CODE = re.compile(rf"[0-9]{{{DIGITS}}}")
_PLACE = re.compile(r"vault:(?P<mount>[\w.-]+(?:/[\w.-]+)*)/code/(?P<name>\w(?:[\w.@-]*\w)?)", re.ASCII)
_SERIAL = re.compile(rf"arn:[\w-]+:iam::\d{{12}}:mfa{IAM_PATH}\S+", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where Vault gives a device's codes."""

    mount: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.mount}/code/{self.name}"

    def __str__(self) -> str:
        return f"vault:{self.path}"


def parse(text: str) -> Place:
    """The place that is meant by `vault:MOUNT/code/NAME`. Raises CodeSourceInvalid."""
    found = _PLACE.fullmatch(text)
    if not found or {".", ".."} & set(found["mount"].split("/")):
        raise CodeSourceInvalid(
            f"{text!r} is no place that codes come from.", hint=f"Write it as {EXAMPLE}: `totp` is the engine's mount."
        )
    return Place(found["mount"], found["name"])


def read(vault: Vault, place: Place) -> str:
    """The code of the present period: the same for everybody who asks in it.

    Raises CodeUnavailable where Vault has none there, NotAllowed and what else Vault's errors are.
    """
    try:
        data = vault.read(place.path)
    except VaultRefused as error:
        if "unknown key" not in error.said:
            raise
        raise CodeUnavailable(
            f"Vault's TOTP engine at {place.mount} has no key {place.name!r}.",
            hint=f"`vault list {place.mount}/keys` shows those that it has; an MFA device is put there by "
            "`producer mfa enroll`.",
        ) from None
    return _code(data, place)


def device(vault: Vault, place: Place) -> str:
    """The serial number of the device that a key is of, where `producer mfa enroll` has noted it there, else ''.

    Who may read codes need not be allowed to see the key: then it isn't known. Raises CodeUnavailable where there is
    none: whatever else may be wrong, that is what has to be put right.
    """
    try:
        key = vault.read(f"{place.mount}/keys/{place.name}")
    except (NotAllowed, VaultRefused):
        return ""
    if key is None:
        read(vault, place)
    named = str((key or {}).get("account_name") or "")
    return named if _SERIAL.fullmatch(named) else ""


def after(vault: Vault, place: Place, used: str, say: Callable[[str], None] = lambda _: None) -> str:
    """The first code that is not `used`, waiting for the next period where that must be; `say` is told how long.

    Raises what `read` raises.
    """
    code = read(vault, place)
    if code != used:
        return code
    wait = left(clock.now()) + MARGIN
    say(f"The code of {place} has been used: the next one comes in {ceil(wait.total_seconds())} s.")
    time.sleep(wait.total_seconds())
    deadline = time.monotonic() + PERIOD
    while (code := read(vault, place)) == used:
        if time.monotonic() > deadline:
            raise CodeUnavailable(
                f"Vault gave the same code of {place} for longer than a period of {PERIOD} s.",
                hint=f"AWS's devices change theirs every {PERIOD} s: is the key's `period` another?",
            )
        time.sleep(PAUSE)
    return code


def left(at: datetime, period: int = PERIOD) -> timedelta:
    """How long a code that is shown at a moment still lives: until the next multiple of its period since 1970."""
    return timedelta(seconds=period - at.timestamp() % period)


def _code(data: Body | None, place: Place) -> str:
    code = str((data or {}).get("code") or "")
    if not code:
        raise CodeUnavailable(
            f"Vault gives no code at {place.path}: there is no TOTP engine at {place.mount}.",
            hint="Check the mount in it; `vault secrets list` shows them all.",
        )
    if not CODE.fullmatch(code):
        raise CodeUnavailable(
            f"The codes of {place} are none of 6 digits, and AWS takes no others.",
            hint="Keep the device's seed with `digits=6`, which is what Vault does by itself.",
        )
    return code
