"""A session that AWS gives for a user's long-lived key and a code of an MFA device of hers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from consumer.cache import CODE
from consumer.sources.interface import Issued, Source
from vault_aws_kit import clock
from vault_aws_kit.errors import AWAY, AwsUnreachable, CodeNeeded, CodeRefused, DeviceUnknown, ParameterNotForRole

if TYPE_CHECKING:
    from consumer.codes.interface import Codes
    from consumer.mfa.key import Key
    from vault_aws_kit.credentials import Credentials
    from vault_aws_kit.mfa import Owner

USUAL, LONGEST_OF_ROOT = 43200, 3600  # seconds: AWS's own default, and what it gives its root users at most
A_PERSONS_TIME = 900.0  # seconds for which another process may be asking somebody for a code


@dataclass(frozen=True)
class MfaSession(Source):
    """`serial` is '' for the only device that the user has, `seconds` 0 for as long as is usual.

    Whichever device vouched for it, a session is the same: the key and the duration alone tell two of them apart.
    """

    away: ClassVar = (AwsUnreachable, CodeNeeded, *AWAY)
    purpose: ClassVar = CODE
    patience: ClassVar = A_PERSONS_TIME
    busy: ClassVar = "Another process is asking for a code: waiting for the session that it gets …"

    key: Key
    codes: Codes
    serial: str = ""
    seconds: int = 0

    @property
    def identity(self) -> Mapping[str, str]:
        return {"source": "mfa-session", "key": self.key.access_key_id, "seconds": str(self.seconds)}

    @property
    def secret(self) -> str:
        return self.key.secret_access_key

    def fetch(self) -> Issued:
        self.codes.check()
        serial, seconds = self._device()
        while True:
            try:
                return self._issued(serial, seconds)
            except (CodeRefused, DeviceUnknown):
                if not (other := self._replacing(serial)):
                    raise
                serial = other

    def _issued(self, serial: str, seconds: int) -> Issued:
        from consumer.codes.interface import until_accepted
        from consumer.mfa import session

        return Issued(until_accepted(self.codes, serial, lambda code: session.get(self.key, serial, code, seconds)))

    def _replacing(self, serial: str) -> str:
        """The device that took another's place while it was asked with, as a rotation does; '' where none did."""
        now = "" if self.serial else self.codes.device()
        return "" if now == serial else now

    def _device(self) -> tuple[str, int]:
        """The device, and for how long to ask: who names a device isn't asked who she is."""
        from consumer.mfa import devices
        from vault_aws_kit.mfa import check_serial

        if serial := self.serial or self.codes.device():
            check_serial(serial)
            return serial, self.seconds or USUAL
        owner = devices.look_up(self.key)
        return owner.device(), self._seconds_of(owner)

    def _seconds_of(self, owner: Owner) -> int:
        if not owner.is_root:
            return self.seconds or USUAL
        if self.seconds > LONGEST_OF_ROOT:
            raise ParameterNotForRole(
                f"AWS gives its root users a session of 1h at most, not of {clock.duration(self.seconds)}.",
                hint="Leave --duration out. Better still, use a user's key: AWS advises against any key of root's.",
            )
        return self.seconds or LONGEST_OF_ROOT

    def is_alive(self, credentials: Credentials) -> bool:  # noqa: ARG002 - nobody can revoke a session
        return True

    def revoke(self, credentials: Credentials) -> None:
        """Nobody can."""
