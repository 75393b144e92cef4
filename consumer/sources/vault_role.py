"""Credentials of a role of Vault's AWS engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consumer.sources.interface import Issued, Source

if TYPE_CHECKING:
    from consumer.issue import Parameters
    from vault_aws_kit.credentials import Credentials
    from vault_aws_kit.vault import Vault


@dataclass(frozen=True)
class VaultRole(Source):
    """A role as it is asked for: `role` is ROLE or ENGINE/ROLE, `team` is '' for all of the token's.

    The catalog is asked only for fresh credentials, so a role's new place reaches who has cached ones when they end.
    """

    vault: Vault
    role: str
    asked: Parameters
    team: str
    catalog_mount: str

    @property
    def identity(self) -> Mapping[str, str]:
        return {
            "source": "vault-role",
            "address": self.vault.settings.address,
            "namespace": self.vault.settings.namespace,
            "catalog": self.catalog_mount,
            "team": self.team,
            "role": self.role,
            "ttl": str(self.asked.ttl),
            "role_arn": self.asked.role_arn,
            "session_name": self.asked.session_name,
            "region": self.asked.region,
        }

    @property
    def secret(self) -> str:
        return self.vault.token

    def fetch(self) -> Issued:
        from consumer.issue import issue
        from consumer.roles import find_access

        access = find_access(self.vault, self.catalog_mount, self.team)
        role = access.role(self.role)
        access.check_session_name(role, self.asked.session_name)
        credentials = issue(self.vault, access.token, role, self.asked)
        return Issued(credentials, access.token.expires, lasting=role.type != "static")

    def is_alive(self, credentials: Credentials) -> bool:
        from consumer.issue import is_alive

        return is_alive(self.vault, credentials.lease_id)

    def revoke(self, credentials: Credentials) -> None:
        from consumer.issue import revoke

        revoke(self.vault, credentials.lease_id)
