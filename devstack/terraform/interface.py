"""What a way to come by Terraform has to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Terraform:
    """A Terraform that runs as `terraform` with the variables of `env`."""

    title: str
    env: Mapping[str, str]
