"""What a way to come by Terraform has to answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """A program that is Terraform. `path` is the folder to put before PATH so that it is called `terraform`."""

    title: str
    registry: str = "registry.terraform.io"  # where it looks for `hashicorp/aws`
    path: Path | None = None


@dataclass(frozen=True)
class Terraform:
    """Terraform as a stack offers it: with the variables of `env`, and `path` before PATH, `terraform` works."""

    title: str
    env: Mapping[str, str]
    path: Path | None


class Source(ABC):
    """One way to come by Terraform."""

    @abstractmethod
    def available(self) -> bool:
        """Whether this machine has what it needs. Quick: nothing is downloaded or built."""

    @abstractmethod
    def get(self) -> Program:
        """The program, downloaded and built if need be."""
