"""Fresh credentials to be put somewhere, which don't outlive a failure to put them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consumer import notes
from consumer.obtain import Obtained, obtain
from consumer.tfe.label import Label
from vault_aws_kit.errors import KitError, RevokeFailed

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
    """Where credentials come from, and what is known of the lease's Vault ('' where there is none).

    With `wait` an IAM user's key is given only once AWS accepts it, within so many seconds.
    """

    source: Source
    vault: str = ""
    namespace: str = ""
    wait: int = 0
    step: Callable[[str], None] = lambda _: None

    @contextmanager
    def fresh(self, *, places: int = 1) -> Iterator[Issued]:
        """Credentials that nobody else has, never cached ones. If the block fails they are revoked, which is said."""
        obtained = self._obtained()
        credentials = obtained.credentials
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
        """Asked for in a thread: whoever stops it meanwhile would leave a lease that nobody knows of."""
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
