"""A key of Vault's TOTP engine: where the seed of a device is kept, and the only place where it is.

A key can be written and asked for codes, but its seed can't be read back. Its account name is the serial number of the
device that the seed is of, written in the same request: so a key always says whose codes it gives.
Source: https://developer.hashicorp.com/vault/api-docs/secret/totp
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from producer.mfa_device.seed import ISSUER, Seed
from producer.resources.mount import Mount
from vault_aws_kit.errors import CodesDiffer, NotOurs, VaultRefused
from vault_aws_kit.totp import DIGITS, PERIOD
from vault_aws_kit.vault import Vault

NEXT = ".next"
NAME = re.compile(r"\w(([\w.@-]+)?\w)?", re.ASCII)
"""What the engine takes: GenericNameWithAtRegex of Vault's sdk/framework. No path of Vault's may hold `..`."""


@dataclass(frozen=True)
class TotpKey:
    """The key `name` of the TOTP engine at `mount`."""

    vault: Vault
    mount: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.mount}/keys/{self.name}"

    @property
    def code_path(self) -> str:
        return f"{self.mount}/code/{self.name}"

    @property
    def next(self) -> TotpKey:
        """Where a new seed is tried out before it takes the place of the old one."""
        return TotpKey(self.vault, self.mount, f"{self.name}{NEXT}")

    def home(self) -> str:
        """What stands for this key in the names of devices, '' where there is no engine. Raises WrongMountType.

        It follows from the mount's accessor, which no other mount of any Vault has.
        """
        mounts = self.vault.read("sys/mounts") or {}
        if self._engine().normalise(mounts) is None:
            return ""
        whole = f"{mounts[f'{self.mount}/']['accessor']}/{self.name}"
        return hashlib.sha256(whole.encode()).hexdigest()[:10]

    def make_mount(self) -> None:
        """Enable the engine; somebody else may be as quick."""
        engine = self._engine()
        try:
            for request in engine.requests(None):
                self.vault.tell(request)
        except VaultRefused:
            if engine.normalise(self.vault.read("sys/mounts") or {}) is None:
                raise

    def serial(self) -> str:
        """The device that the key is of, '' where there is no key. Raises NotOurs for one that the kit didn't write."""
        found = self.vault.read(self.path)
        if found is None:
            return ""
        serial = str(found.get("account_name") or "")
        if found.get("issuer") != ISSUER or not serial.startswith("arn:"):
            raise NotOurs(
                f"Vault has a key {self.path} already, which the kit did not write.",
                hint="Choose another name for this one (--name), or delete that key if nobody needs it.",
            )
        return serial

    def write(self, seed: Seed, serial: str, *, instead_of: str) -> None:
        """Keep the seed of a device, in place of that of the device that was found here ('' for none).

        Raises CodesDiffer where another device's has come here meanwhile; Vault can't be told to check that itself.
        """
        if self.serial() != instead_of:
            raise CodesDiffer(
                f"Somebody else has written Vault's key {self.path} at the same time.",
                hint="Wait for them to end, and look at it again.",
            )
        body = {
            "key": seed.base32,
            "issuer": ISSUER,
            "account_name": serial,
            "algorithm": "SHA1",
            "digits": DIGITS,
            "period": PERIOD,
            "exported": False,
        }
        self.vault.write(self.path, body)

    def code(self) -> str:
        """The present code, '' where there is no key."""
        try:
            return str((self.vault.read(self.code_path) or {}).get("code") or "")
        except VaultRefused as error:
            if "unknown key" not in error.said:
                raise
            return ""

    def delete(self, *, only: str = "") -> None:
        """Delete the key; with `only` as long as it is of that device. Nothing there is fine."""
        if not only or self.serial() == only:
            self.vault.delete(self.path)

    def _engine(self) -> Mount:
        return Mount(self.mount, "totp", "MFA devices of IAM users, made by vault-aws-kit")


def key_name(user: str) -> str:
    """The name that a user's key has by default: the user's own where the engine takes it.

    What it doesn't take is replaced, and a digest tells apart what would be the same then.
    """
    if is_name(user):
        return user
    plain = re.sub(r"[^\w@-]", "_", user, flags=re.ASCII).strip("@-") or "user"
    return f"{plain}-{hashlib.sha256(user.encode()).hexdigest()[:8]}"


def is_name(text: str) -> bool:
    """Whether the engine takes it, and it is no name that another key's `next` may have."""
    return NAME.fullmatch(text) is not None and ".." not in text and not text.endswith(NEXT)
