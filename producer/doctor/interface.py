"""What every check of the doctor has in common.

A check is one file: `look` asks whom it must, and pure functions beside it judge the answers, so that judgements are
tested without a server. It changes nothing, but for the probe.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal, TypeAlias

from producer.freeze import Freeze, read_freeze
from producer.incident.proof import Witness
from producer.spec import Engine, Spec
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.findings import Finding
from vault_aws_kit.vault import Body, Vault

Need: TypeAlias = Literal["vault", "aws"]


@dataclass(frozen=True)
class Case:
    """What is examined, and who can be asked. What several checks read of Vault is read here, once."""

    spec: Spec
    vault: Vault
    witness: Witness
    catalog_mount: str = CATALOG_MOUNT
    probing: bool = False

    @property
    def catalog(self) -> Catalog:
        return Catalog(self.vault, self.catalog_mount)

    @cached_property
    def mounts(self) -> Body:
        """The secrets engines of Vault, by their path with a slash behind it."""
        return self.vault.read("sys/mounts") or {}

    @cached_property
    def logins(self) -> Body:
        """The auth methods of Vault, by their path with a slash behind it."""
        return self.vault.read("sys/auth") or {}

    @cached_property
    def engines(self) -> tuple[Engine, ...]:
        """The spec's engines that are mounted, and of the right type: others can't be asked anything."""
        return tuple(e for e in self.spec.engines if (self.mounts.get(f"{e.mount}/") or {}).get("type") == "aws")

    @cached_property
    def freeze(self) -> Freeze:
        return read_freeze(self.catalog, self.spec.name)


class Check(ABC):
    """One group of findings."""

    title: ClassVar[str]
    needs: ClassVar[frozenset[Need]] = frozenset()
    """Without whom nothing of it can be looked at."""

    @abstractmethod
    def look(self, case: Case) -> Iterator[Finding]:
        """What there is to say. Raises what Vault and AWS answer: that ends this check, and no other."""
