"""A role of the Kubernetes method: which service accounts are let in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from producer.resources.login_role import LoginRole


@dataclass(frozen=True)
class KubernetesRole(LoginRole):
    kind: ClassVar[str] = "kubernetes-role"
