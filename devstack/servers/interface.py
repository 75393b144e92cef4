"""What a way to come by a server has to answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from devstack.aws.endpoint import Endpoint
from devstack.folder import Folder


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    addr: str
    token: str = field(repr=False)


class Server(ABC):
    """A server that serves Vault's API with the AWS secrets engine as type `aws`, and the AWS that goes with it."""

    title: str

    @property
    def programs(self) -> tuple[Path, ...]:
        """What a person may want on the PATH: `vault` or `bao`."""
        return ()

    @abstractmethod
    def launch(self, folder: Folder) -> tuple[Running, Endpoint]:
        """Start both, recording in the folder whatever has to be ended, and wait until they answer."""


class Source(ABC):
    """One way to come by a server."""

    name: ClassVar[str]  # what `--server` and VAULT_AWS_KIT_TEST_SERVER call it
    wants: ClassVar[str]  # what it needs on the machine, for the error that lists all ways

    @abstractmethod
    def available(self) -> bool:
        """Whether this machine has what it needs. Quick: nothing is downloaded or built."""

    @abstractmethod
    def get(self) -> Server:
        """The server, downloaded and built if need be."""
