"""The seed of a virtual MFA device, and the codes that follow from it. Pure.

AWS's virtual devices are RFC 6238 with SHA-1, 6 digits and a period of 30 s:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from vault_aws_kit.totp import DIGITS, PERIOD

ISSUER = "Amazon Web Services"
FAR = 120  # periods, so an hour: clocks that differ by more are told from a wrong seed no longer


@dataclass(frozen=True)
class Seed:
    """A secret: it never is in a repr, a message or a log. `base32` is as AWS gives it."""

    base32: str = field(repr=False)

    def code(self, at: float) -> str:
        """The code at a moment, in seconds since 1970."""
        from cryptography.hazmat.primitives.hashes import SHA1
        from cryptography.hazmat.primitives.twofactor.totp import TOTP

        padded = self.base32.upper() + "=" * (-len(self.base32) % 8)
        key = base64.b32decode(padded)
        return TOTP(key, DIGITS, SHA1(), PERIOD, enforce_key_length=False).generate(int(at)).decode()  # noqa: S303 - AWS's choice

    def two_codes(self, at: datetime) -> tuple[str, str]:
        """Two consecutive codes, of which the second is the present one: nobody has to wait for them."""
        now = at.timestamp()
        return self.code(now - PERIOD), self.code(now)

    def periods_off(self, code: str, at: datetime) -> int | None:
        """How many periods after a moment a code holds, negative for before; None where it is none of this seed's."""
        now = at.timestamp()
        nearest_first = sorted(range(-FAR, FAR + 1), key=abs)
        return next((off for off in nearest_first if self.code(now + off * PERIOD) == code), None)

    def uri(self, user: str, account: str) -> str:
        """What an authenticator app reads from a QR code, named as AWS's own console names it."""
        issuer = quote(ISSUER)
        return f"otpauth://totp/{issuer}:{quote(user)}@{account}?secret={self.base32}&issuer={issuer}"
