"""A role of the JWT/OIDC method: whose signed tokens are let in, by their claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from producer.resources.login_role import LoginRole


@dataclass(frozen=True)
class JwtRole(LoginRole):
    kind: ClassVar[str] = "jwt-role"
