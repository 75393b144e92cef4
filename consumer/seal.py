"""Keeping texts from everybody who hasn't got the secret that they belong to.

AES-256-GCM under a key that HKDF-SHA256 derives from the secret, which must be one that can't be guessed, as a Vault
token is. Sources: NIST SP 800-38D, RFC 5869.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

NONCE = 12  # bytes, as GCM takes them; random ones, as a key seals few texts


class NotOurs(Exception):
    """Sealed with another secret or for another place, or damaged: nobody can tell which."""


@dataclass(frozen=True)
class Seal:
    """Seals texts with one secret."""

    secret: str = field(repr=False)

    def name(self, what: bytes) -> str:
        """A name for a text, by what it is: 32 hex digits, which tell neither that nor the secret."""
        return self._derived(b"name\0" + what, length=16).hex()

    def close(self, text: bytes, place: bytes) -> bytes:
        """Seal a text for a place: it can be opened nowhere else."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(NONCE)
        return nonce + AESGCM(self._derived(b"key", length=32)).encrypt(nonce, text, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Raises NotOurs."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self._derived(b"key", length=32)).decrypt(sealed[:NONCE], sealed[NONCE:], place)
        except (InvalidTag, ValueError):
            raise NotOurs from None

    def _derived(self, use: bytes, *, length: int) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        info = b"vault-aws-kit cache 1\0" + use
        return HKDF(SHA256(), length, salt=None, info=info).derive(self.secret.encode())
