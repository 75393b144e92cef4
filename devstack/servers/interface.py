"""What a way to come by a server has to answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


@dataclass(frozen=True)
class Server:
    """A program that serves Vault's API when run as `PROGRAM server -dev`, with the AWS secrets engine as type `aws`.

    `plugins` is the folder to give it as `-dev-plugin-dir`, None where the engine is built in.
    """

    title: str
    program: Path
    plugins: Path | None = None


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
