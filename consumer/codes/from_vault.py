"""Codes of Vault's TOTP engine, for which nobody need be there."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from consumer.codes.interface import Codes
from vault_aws_kit import clock, totp
from vault_aws_kit.errors import CodeRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault_aws_kit.vault import Vault

TRIES = 4
"""Codes in all. Whoever else uses the device, as a second job of a CI, may use up a code that was just read."""
TOO_FAR = timedelta(seconds=totp.PERIOD)
"""Clocks that differ by more have Vault show codes that AWS doesn't take, however long one waits."""


@dataclass
class FromVault(Codes):
    """`vault` connects: only where a code is needed is Vault asked at all."""

    place: totp.Place
    vault: Callable[[], AbstractContextManager[Vault]]
    say: Callable[[str], None]
    used: list[str] = field(default_factory=list, repr=False)
    noted: str = ""

    def device(self) -> str:
        """What `producer mfa enroll` has noted with the seed: so a device may be rotated, and be one of several."""
        with self.vault() as vault:
            self.noted = totp.device(vault, self.place)
        return self.noted

    def first(self, device: str) -> str:  # noqa: ARG002 - it is whatever device Vault has the seed of
        with self.vault() as vault:
            return self._noted(totp.read(vault, self.place))

    def another(self, device: str, refused: CodeRefused) -> str:  # noqa: ARG002
        with self.vault() as vault:
            if self.noted and totp.device(vault, self.place) != self.noted:
                raise refused  # the codes are another device's by now: no more of them are any good for this one
            if apart := self._apart(vault, refused.ahead):
                raise CodeRefused(f"{refused.message} {apart}", hint="Set the clocks right.", ahead=refused.ahead)
            if len(self.used) >= TRIES:
                raise CodeRefused(
                    f"AWS refuses {TRIES} codes of {self.place}, one after the other.",
                    hint="Is it the seed of that device? `producer mfa enroll` puts the right one there. Else others "
                    "use up its codes: give whoever shares it a device of their own.",
                    ahead=refused.ahead,
                )
            return self._noted(totp.after(vault, self.place, self.used[-1], self.say))

    def _noted(self, code: str) -> str:
        self.used.append(code)
        return code

    @staticmethod
    def _apart(vault: Vault, aws_ahead: timedelta | None) -> str:
        """How far Vault's clock is from AWS's, as a sentence; '' where codes can't be wrong for it, or nobody knows."""
        if aws_ahead is None:
            return ""
        behind = clock.now() + aws_ahead - vault.server_time()
        return "" if abs(behind) < TOO_FAR else f"Vault's clock is {clock.off(behind)} AWS's, and its codes with it."
