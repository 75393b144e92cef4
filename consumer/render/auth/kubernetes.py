"""A service account, by the token that Kubernetes mounts into its pods."""

from __future__ import annotations

from typing import ClassVar

from consumer.render.auth.interface import Auth


class Kubernetes(Auth):
    """The vault provider has no block for it; its general one has done it since before 3.0."""

    name: ClassVar[str] = "kubernetes"
    method: ClassVar[str] = "kubernetes"
