"""The Vault token of a long run: renewed ahead of its end, and found anew where Vault refuses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from consumer import upkeep
from consumer.token import TokenInfo, look_up, renew
from vault_aws_kit import clock
from vault_aws_kit.errors import AWAY, KitError, TokenRefused

if TYPE_CHECKING:
    from vault_aws_kit.vault import Vault

T = TypeVar("T")

NO_GAIN = timedelta(seconds=2)


class LastingToken:
    """A connection as a token that is looked after. Safe to use from several threads."""

    def __init__(self, vault: Vault, token: TokenInfo, again: Callable[[], Vault], say: Callable[[str], None]) -> None:
        """`again` connects as the token that the user has now: somebody who logs in anew gives the run another."""
        self.vault = vault
        self.token = token
        self._again = again
        self._say = say
        self._due = upkeep.ahead_of(token.expires)
        self._changing = Lock()

    def ask(self, work: Callable[[Vault, TokenInfo], T]) -> T:
        """Do something as the token in use, or as the user's present one where Vault refuses that.

        Raises TokenRefused where there is no other.
        """
        vault = self.vault
        try:
            return work(vault, self.token)
        except TokenRefused:
            if not self._changed(vault):
                raise
            return work(self.vault, self.token)

    def look_after(self) -> None:
        """Renew the token where that is due; a duty of `upkeep`."""
        if clock.now() < self._due:
            return
        try:
            self._due = self._renewed() if self.token.renewable else self._at_its_longest()
        except AWAY:
            self._due = upkeep.next_try(self.token.expires)
        except KitError:
            self._due = self._at_its_longest()

    def _renewed(self) -> datetime:
        before = self.token
        self.token = renew(self.vault, before)
        gained = not (before.expires and self.token.expires) or self.token.expires - before.expires > NO_GAIN
        return upkeep.ahead_of(self.token.expires) if gained else self._at_its_longest()

    def _at_its_longest(self) -> datetime:
        end = f"at {clock.timestamp(self.token.expires)}" if self.token.expires else "some day"
        self._say(f"Your Vault token ends {end} and can't be renewed any further: log in again before that.")
        return upkeep.NEVER

    def _changed(self, refused: Vault) -> bool:
        """Whether there is another token now than the refused one; it is used from here on."""
        with self._changing:
            if self.vault is not refused:
                return True
            vault = self._again()
            if vault.token == refused.token:
                return False
            self.token = look_up(vault)
            self.vault = vault
            self._due = upkeep.ahead_of(self.token.expires)
            self._say("Vault refused the token; there is another now, which goes on.")
            return True
