"""What every source of credentials is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from consumer.cache import ASKING, LOCK_WAIT
from vault_aws_kit.errors import AWAY, KitError

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials


@dataclass(frozen=True)
class Issued:
    """Fresh credentials. `owner_ends` is when who asked for them ends (a Vault token), None for never.

    `lasting` is False where nobody tells how long they stay good, so that they must be asked for each time.
    """

    credentials: Credentials
    owner_ends: datetime | None = None
    lasting: bool = True


class Source(ABC):
    """One set of credentials that somebody asks for, and where to get it.

    `away` are the errors after which kept credentials do, however little they live. One process asks for all: `purpose`
    names its lock, the others wait for `patience` (seconds), and are told `busy` if it isn't ''.
    """

    away: ClassVar[tuple[type[KitError], ...]] = AWAY
    purpose: ClassVar[str] = ASKING
    patience: ClassVar[float] = LOCK_WAIT
    busy: ClassVar[str] = ""

    @property
    @abstractmethod
    def identity(self) -> Mapping[str, str]:
        """All that was asked, and of whom. Equal means that one answer serves both; no secret is in it."""

    @property
    @abstractmethod
    def secret(self) -> str:
        """What only who asks has, as a Vault token: what is kept can be read with it alone."""

    @abstractmethod
    def fetch(self) -> Issued:
        """Fresh credentials. Raises the kit's errors."""

    @abstractmethod
    def is_alive(self, credentials: Credentials) -> bool:
        """Whether credentials that can be revoked still live, by one light question.

        Raises VaultUnreachable, VaultSealed, VaultFailed where nobody answers it.
        """

    @abstractmethod
    def revoke(self, credentials: Credentials) -> None:
        """End credentials that can be revoked. Raises RevokeFailed."""
