"""LDAP: a name and a password of a directory that Vault asks.

Source: https://developer.hashicorp.com/vault/api-docs/auth/ldap#login-with-ldap-user
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vault_aws_kit.auth.userpass import Userpass

MOUNT = "ldap"


@dataclass(frozen=True)
class Ldap(Userpass):
    name: ClassVar[str] = "ldap"
    title: ClassVar[str] = "LDAP"
    check: ClassVar[str] = "Check the user's name and the password, and that Vault reaches the directory."

    mount: str = MOUNT
