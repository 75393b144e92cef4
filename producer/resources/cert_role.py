"""A certificate of the TLS method: whose clients are let in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from producer.resources.login_role import LoginRole


@dataclass(frozen=True)
class CertRole(LoginRole):
    kind: ClassVar[str] = "cert-role"
    folder: ClassVar[str] = "certs"
