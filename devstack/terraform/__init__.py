"""The ways to come by Terraform and its providers, in the order in which they are tried."""

from __future__ import annotations

from devstack.terraform.interface import Terraform


def get() -> Terraform:
    """Terraform and where it gets its providers from, downloaded and built if need be."""
    return Terraform("none", {})
