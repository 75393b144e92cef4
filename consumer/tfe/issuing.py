"""Fresh credentials to be put somewhere, which don't outlive a failure to put them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consumer import notes
from consumer.obtain import obtain
from consumer.tfe.label import Label
from vault_aws_kit.errors import RevokeFailed

if TYPE_CHECKING:
    from consumer.sources.interface import Source
    from vault_aws_kit.credentials import Credentials


@dataclass(frozen=True)
class Issued:
    credentials: Credentials
    label: Label


@dataclass(frozen=True)
class Issuing:
    """Where credentials come from, and what is known of the lease's Vault ('' where there is none)."""

    source: Source
    vault: str = ""
    namespace: str = ""
    wait: int = 0
    step: Callable[[str], None] = lambda _: None

    @contextmanager
    def fresh(self, *, places: int = 1) -> Iterator[Issued]:
        """Credentials that nobody else has, never cached ones. If the block fails they are revoked, which is said."""
        obtained = obtain(self.source, None, wait=self.wait, step=self.step)
        credentials = obtained.credentials
        notes.of_obtained(obtained, None)
        try:
            yield Issued(credentials, Label.of(credentials, vault=self.vault, namespace=self.namespace, places=places))
        except BaseException:
            self._give_back(credentials)
            raise

    def _give_back(self, credentials: Credentials) -> None:
        revoked = True
        if credentials.revocable:
            try:
                self.source.revoke(credentials)
            except RevokeFailed as error:
                revoked = False
                notes.report(error)
        notes.tell(notes.fate(credentials, revoked=revoked and credentials.revocable))
