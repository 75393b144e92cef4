"""The variables that a connection's workspaces need. Pure, and none of them is a secret."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

from producer.connect.connection import Access, Connection
from producer.spec import Spec
from vault_aws_kit.errors import SettingsInvalid
from vault_aws_kit.hcp import AwsProvider, Phased, VaultLogin

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
SLEEP = 15
"""Seconds that a run waits for a new IAM user's key: AWS mostly knows it after ten."""


@dataclass(frozen=True)
class VaultFacts:
    """Vault as the workspaces see it. `ca_pem` is '' where its certificate is one that everybody trusts."""

    address: str
    namespace: str = ""
    ca_pem: str = ""


def certificates(text: str, source: str) -> str:
    """A file's certificates and nothing else of it: what else it holds may be a key. Raises SettingsInvalid."""
    found = _CERTIFICATE.findall(text)
    if not found:
        raise SettingsInvalid(f"{source} holds no certificate.", hint="Name a file with certificates in PEM form.")
    return "\n".join(found) + "\n"


def variables(spec: Spec, connection: Connection, vault: VaultFacts) -> dict[str, str]:
    login = VaultLogin(
        address=vault.address,
        role=connection.login_role(spec.name),
        namespace=vault.namespace,
        mount=connection.mount,
        audience=connection.audience,
        ca_base64=base64.b64encode(vault.ca_pem.encode()).decode(),
    )
    return {**login.variables(), **dict(_of_providers(spec, connection))}


def _of_providers(spec: Spec, connection: Connection) -> Iterator[tuple[str, str]]:
    for one in connection.access:
        yield from provider(spec, one).variables().items()


def provider(spec: Spec, access: Access) -> AwsProvider:
    plan, apply = (spec.role_named[name] for name in (access.role.plan, access.role.apply))
    return AwsProvider(
        tag=access.tag,
        type=plan.type,
        mount=spec.engine_named[plan.engine].mount,
        role=Phased(plan.name, apply.name),
        arn=access.arn,
        sleep=SLEEP if plan.type == "iam_user" else 0,
    )
