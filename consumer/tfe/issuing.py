"""Fresh credentials to be put somewhere, which don't outlive a failure to put them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from consumer import notes
from consumer.obtain import Obtained, obtain
from consumer.tfe.label import Label
from vault_aws_kit.errors import CodeNeeded, KitError, RevokeFailed

if TYPE_CHECKING:
    from consumer.sources.interface import Source
    from vault_aws_kit.credentials import Credentials


@dataclass
class Issued:
    """Credentials, and whether they have got to where they belong: then nothing that fails ends them any more."""

    credentials: Credentials
    label: Label
    delivered: bool = False


@dataclass(frozen=True)
class Issuing:
    """Where credentials come from, the Vault that can end them ('' where none can), and a region for those without one.

    With `wait` an IAM user's key is given only once AWS accepts it, within so many seconds.
    """

    source: Source
    vault: str = ""
    namespace: str = ""
    region: str = ""
    wait: int = 0
    step: Callable[[str], None] = lambda _: None

    @contextmanager
    def fresh(self, *, places: int = 1) -> Iterator[Issued]:
        """Credentials that nobody else has, never cached ones. If the block fails they are revoked, which is said."""
        obtained = self._obtained()
        credentials = replace(obtained.credentials, region=obtained.credentials.region or self.region)
        label = Label.of(credentials, vault=self.vault, namespace=self.namespace, places=places)
        issued = Issued(credentials, label)
        try:
            self._settle(credentials)
            notes.of_obtained(obtained, None)
            yield issued
        except BaseException:
            if not issued.delivered:
                self._give_back(credentials)
            raise

    def _obtained(self) -> Obtained:
        if not self.vault:
            return obtain(self.source, None)
        try:
            return self._in_a_thread()
        except CodeNeeded:  # a person is asked in the main thread alone; what takes a code has nothing to be revoked
            return obtain(self.source, None)

    def _in_a_thread(self) -> Obtained:
        """Whoever stops it while Vault answers would else leave a lease that nobody knows of."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(obtain, self.source, None)
            try:
                return answer.result()
            except KeyboardInterrupt:
                with suppress(KitError):
                    self._give_back(answer.result().credentials)
                raise

    def _settle(self, credentials: Credentials) -> None:
        from consumer import propagation

        propagation.settling(self.wait, self.step)(credentials)

    def _give_back(self, credentials: Credentials) -> None:
        revoked = credentials.revocable
        if revoked:
            try:
                self.source.revoke(credentials)
            except RevokeFailed as error:
                revoked = False
                notes.report(error)
        notes.tell(notes.fate(credentials, revoked=revoked))
