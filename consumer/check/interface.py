"""What every check of a team's set-up has in common.

A check is one file: `look` asks whom it must, and pure functions beside it judge the answers, so that judgements are
tested without a server. It changes nothing in Vault, but for what `probing` gets, and gives back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from vault_aws_kit.errors import KitError
from vault_aws_kit.findings import Finding

if TYPE_CHECKING:
    from consumer.check.probing import Proof
    from consumer.roles import Access
    from consumer.token import TokenInfo
    from vault_aws_kit.contract import RoleEntry
    from vault_aws_kit.vault import Vault


@dataclass(frozen=True)
class Entry:
    """How far one gets into Vault: to a token that it knows, and to the roles that the catalog offers that token.

    `refused` is what stopped it on the way, None where nothing did.
    """

    vault: Vault | None = None
    token: TokenInfo | None = None
    access: Access | None = None
    refused: KitError | None = None


@dataclass(frozen=True)
class Case:
    """What is examined: a way into Vault, the roles that count, a folder, and the environment of this shell.

    `duration` is how long a run shall last, in seconds. `proofs` are what asking for credentials gave, `unasked` is why
    nobody asked. `reach` is how long the token can live if it is renewed, in seconds, None where that is not known, and
    `again` whether this place can log in to Vault by itself, as often as it must.
    """

    entry: Entry
    roles: tuple[RoleEntry, ...]
    folder: Path
    environment: Mapping[str, str]
    duration: int
    proofs: tuple[Proof, ...] = ()
    unasked: Finding | None = None
    reach: int | None = None
    again: bool = False

    def may(self, paths: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """What the token may do on each path; {} without a token."""
        return self.entry.vault.capabilities(paths) if self.entry.vault else {}

    def name_of(self, role: RoleEntry) -> str:
        return self.entry.access.name_of(role) if self.entry.access else role.qualified


class Check(ABC):
    """One group of findings."""

    title: ClassVar[str]
    needs_vault: ClassVar[bool] = False
    """Whether nothing of it can be looked at without the roles that the catalog offers."""

    @abstractmethod
    def look(self, case: Case) -> Iterator[Finding]:
        """What there is to say. Raises what Vault answers: that ends this check, and no other."""
