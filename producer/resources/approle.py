"""An AppRole role: a login with a role_id and a secret_id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from producer.resources.login_role import LoginRole


@dataclass(frozen=True)
class AppRole(LoginRole):
    """Its own fields are bind_secret_id, secret_id_num_uses and secret_id_ttl (seconds)."""

    kind: ClassVar[str] = "approle"
