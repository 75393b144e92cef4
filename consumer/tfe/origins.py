"""Where the credentials that are pushed come from: a role of Vault's, or AWS itself by a key and an MFA code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from consumer import session
from consumer.tfe.issuing import Issuing
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.issue import Parameters
    from vault_aws_kit.terminal import VaultOptions


@contextmanager
def role(
    name: str, asked: Parameters, wait: int, team: str, vault: VaultOptions, step: Callable[[str], None]
) -> Iterator[Issuing]:
    """A role of Vault's AWS engine; Vault can end the keys of iam_user roles. Raises TokenMissing and the like."""
    from consumer.sources.vault_role import VaultRole

    with session.connect(vault, team) as connection:
        asked = replace(asked, codes=replace(asked.codes, stdin=True))
        source = VaultRole(connection, name, asked, team, vault.catalog_mount)
        yield Issuing(source, connection.settings.address, connection.settings.namespace, asked.region, wait, step)


def mfa(profile: str, serial: str, asked: Parameters, team: str, vault: VaultOptions) -> Issuing:
    """A session by the user's own key and a code of her device, which nobody can end. Vault is asked only for codes.

    Raises NoAwsCredentials, TemporaryAwsCredentials.
    """
    from consumer.mfa import key
    from consumer.sources.mfa_session import MfaSession

    found = key.find(os.environ, profile)
    codes = replace(asked.codes, stdin=True, say=terminal.say).codes(
        lambda: session.connect(vault, team),
        "Run it on a terminal, or say where Vault has codes: --code-from vault:totp/code/NAME.",
    )
    source = MfaSession(found, codes, serial or found.serial, asked.ttl)
    return Issuing(source, region=asked.region or found.region)
