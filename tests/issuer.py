"""Who signs JSON Web Tokens with a key of its own: a CI system, or a Terraform Enterprise."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ISSUER = "https://ci.example.com"


class Issuer:
    """Who signs tokens with a key of its own."""

    def __init__(self, name: str = ISSUER) -> None:
        self.name = name
        self._key = rsa.generate_private_key(65537, 2048)

    @property
    def public(self) -> str:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    @property
    def keys(self) -> dict[str, Any]:
        numbers = self._key.public_key().public_numbers()
        n, e = (value.to_bytes((value.bit_length() + 7) // 8) for value in (numbers.n, numbers.e))
        key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one", "n": base64url(n), "e": base64url(e)}
        return {"keys": [key]}

    def token(self, **claims: object) -> str:
        now = int(time.time())
        body = {"iss": self.name, "aud": "vault", "sub": "job", "iat": now, "nbf": now - 5, "exp": now + 300, **claims}
        signed = f"{_part({'alg': 'RS256', 'typ': 'JWT', 'kid': 'one'})}.{_part(body)}"
        return f"{signed}.{base64url(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _part(value: object) -> str:
    return base64url(json.dumps(value).encode())


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
