"""What every kind of Vault object that the producer manages has in common.

A resource says what should be; nothing in this folder talks to Vault. A kind is one file that answers: where does
it stand, what should it hold, what does the server's answer mean, which requests bring it about, which kinds come
first. All else (reading, comparing, ordering, writing) is the same for every kind and stands in `producer.pipeline`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self, TypeAlias

from vault_aws_kit.errors import KitError
from vault_aws_kit.vault import Body, Request

Key: TypeAlias = tuple[str, str]
"""A resource's kind and path: what it is recorded by."""


class Resource(ABC):
    """One object in Vault as it should be. Implementations are frozen dataclasses."""

    kind: ClassVar[str]
    """The word for it in plans and in the catalog."""

    after: ClassVar[tuple[str, ...]] = ()
    """Kinds that must be there before this one is written."""

    shared: ClassVar[bool] = False
    """Whether it only has to be there: found already, it belongs to somebody else and is left as it is."""

    fixed: ClassVar[tuple[str, ...]] = ()
    """Fields that can't be changed once it is there."""

    read_back: ClassVar[bool] = False
    """Whether it is read again after it was written: where the server drops fields that it doesn't know, silently."""

    @classmethod
    @abstractmethod
    def at(cls, path: str) -> Self:
        """The resource of this kind that stands at a path, of which no more is known: enough to find and delete it."""

    @property
    @abstractmethod
    def path(self) -> str:
        """Its identity: where it is written."""

    @property
    def key(self) -> Key:
        return self.kind, self.path

    @property
    def source(self) -> str:
        """Where it is read; several resources may share one source."""
        return self.path

    @abstractmethod
    def body(self) -> Body:
        """What it should hold, in normal form. No secret stands in it: it is what plans show."""

    def normalise(self, answer: Body) -> Body | None:
        """What Vault answered, in the shape of `body`, so that equal means unchanged; None if it isn't there."""
        return {key: answer.get(key) for key in self.body()}

    def requests(self, before: Body | None) -> Sequence[Request]:  # noqa: ARG002 - for kinds that are changed otherwise than made
        """What to send to make `body` true, given what is there now."""
        return [Request("update", self.path, self.body())]

    def removal(self) -> Sequence[Request]:
        """What to send to delete it; nothing where it goes with something else."""
        return [Request("delete", self.path)]

    @property
    def help_path(self) -> str:
        """A path whose help lists the fields that the server knows of this kind; '' where every server knows all."""
        return ""

    def fields(self) -> frozenset[str]:
        """The fields that the server must know. What is empty needs no field."""
        return frozenset(name for name, value in self.body().items() if value not in ("", 0, False, [], {}))

    def notes(self, verb: str, before: Body | None) -> tuple[str, ...]:  # noqa: ARG002 - most kinds have none
        """What a person should know before this is done: what can't be undone, what stops working."""
        return ()

    def explained(self, error: KitError) -> KitError:
        """What a failure to write it means, where this kind knows better than the error says."""
        return error


def changed_keys(before: Mapping[str, object] | None, after: Mapping[str, object]) -> list[str]:
    """The keys whose values differ, in the order in which they were given."""
    return [key for key, value in after.items() if before is None or before.get(key) != value]
