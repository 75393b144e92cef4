"""Vault as the MFA device of an IAM user: what there is, and how a device is made whose seed only Vault has.

Nothing is remembered but in AWS and Vault themselves. A device's name says which key of which Vault it belongs to, and
a key's account name says which device it is of; each is written with what it describes. So a run that is killed
anywhere leaves nothing that the next one can't tell from what is in use:

    a device that nobody has              was made, and its run ended: its seed is lost to whoever would use it
    a device of the user, not the key's   was enabled, and another took its place, or was to
    the key `NAME.next`                   was tried out by `rotate`
    the device that the key names, and    AWS has taken two codes of exactly the seed that stands in the key
    that the user has
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from producer.iam_account import IamAccount
from producer.mfa_device import device
from producer.mfa_device.device import Devices
from producer.mfa_device.readers import Readers
from producer.mfa_device.seed import Seed
from producer.mfa_device.totp_key import TotpKey
from producer.mfa_device.undo import Undo
from vault_aws_kit.errors import CodesDiffer, MfaDevicesInTheWay, NotOurs
from vault_aws_kit.totp import PERIOD

Say = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """What there is. Serial numbers: of the user's devices, of ours that nobody has, and those that the keys are of."""

    assigned: Sequence[str]
    unassigned: Sequence[str]
    own: Sequence[str]
    in_key: str
    in_next: str

    @property
    def current(self) -> str:
        """The device whose codes Vault gives, '' where there is none: AWS enabled it, and the key is its own."""
        return self.in_key if self.in_key in self.own else ""

    @property
    def stale(self) -> list[str]:
        """Devices of ours that the user has and Vault gives no codes of."""
        return [serial for serial in self.own if serial != self.current]

    @property
    def others(self) -> list[str]:
        """The user's devices that are none of ours."""
        return [serial for serial in self.assigned if serial not in self.own]


@dataclass(frozen=True)
class Made:
    """A device that is enabled. `seed` is here for as long as the run lasts, and then nowhere but in Vault."""

    serial: str
    seed: Seed


@dataclass(frozen=True)
class Enrolment:
    """One IAM user and one key of Vault's TOTP engine. Every method raises AwsError and VaultError."""

    account: IamAccount
    user: str
    key: TotpKey
    say: Say

    @property
    def readers(self) -> Readers:
        return Readers(self.key)

    def devices(self) -> Devices:
        return Devices(self.account, self.user, self.key.home())

    def look(self) -> Found:
        """What there is. Raises NotOurs where a key isn't of this user's device, or was put there by somebody else."""
        devices = self.devices()
        if not devices.home:
            return Found(devices.assigned(), (), (), "", "")
        assigned = devices.assigned()
        own = [serial for serial in assigned if devices.is_own(serial)]
        in_key, in_next = (self._own_serial(key, devices) for key in (self.key, self.key.next))
        return Found(assigned, devices.unassigned(), own, in_key, in_next)

    def make(self, key: TotpKey, undo: Undo, *, instead_of: str = "") -> Made:
        """Make a device, keep its seed in a key, and enable it once Vault gives its codes. Raises CodesDiffer.

        `instead_of` is the device that the key is of until then, and that nobody can use.
        """
        devices = self.devices()
        serial = devices.new_serial()
        undo.later(f"the MFA device {serial}", lambda: devices.remove(serial))
        seed = devices.create(serial)
        undo.later(f"Vault's key {key.path}", lambda: key.delete(only=serial))
        key.write(seed, serial, instead_of=instead_of)
        self.check_codes(key, seed)
        devices.enable(serial, seed, self.say)
        return Made(serial, seed)

    def check_codes(self, key: TotpKey, seed: Seed) -> None:
        """Make sure that AWS will take the codes that Vault gives. One period to and fro is no matter to AWS."""
        off = seed.periods_off(key.code(), self.account.now())
        if off is None:
            raise CodesDiffer(
                f"The codes at {key.code_path} are not those of the seed that was put there.",
                hint="Somebody else writes that key, or Vault's clock is more than an hour wrong. Nothing was enabled.",
            )
        if abs(off) > 1:
            late = "ahead of" if off > 0 else "behind"
            raise CodesDiffer(
                f"Vault's clock is about {abs(off) * PERIOD} s {late} AWS's: AWS would take none of its codes.",
                hint="Set the clock of Vault's server right (NTP). Nothing was enabled.",
            )

    def check_alone(self, made: Made, did: str, hint: str) -> None:
        """Raises CodesDiffer where somebody else `did` the same meanwhile, and the key is of their device now."""
        if self.key.serial() != made.serial:
            raise CodesDiffer(
                f"Somebody else {did} {self.user} at the same time: {self.key.path} is of their device.", hint=hint
            )

    def sweep(self, found: Found) -> None:
        """Remove what earlier runs left behind."""
        devices = self.devices()
        for serial in [*found.unassigned, *found.stale]:
            devices.remove(serial)
            self.say(f"Removed {serial}, which an earlier run left behind.")
        if found.in_next:
            self.key.next.delete()

    def check_room(self, found: Found, *, additional: bool) -> None:
        """Raises MfaDevicesInTheWay where the user has devices that nobody spoke of, or no room for one more."""
        if found.others and not additional:
            raise MfaDevicesInTheWay(
                f"{self.user} has other MFA devices already: {', '.join(found.others)}.",
                hint="Add --additional to enrol Vault besides them: whoever logs in with another code must then say "
                "of which device (--serial). What is no more in use goes with `aws iam deactivate-mfa-device`.",
            )
        if len(found.assigned) >= device.MOST:
            raise device.no_room(self.user, found.assigned)

    def _own_serial(self, key: TotpKey, devices: Devices) -> str:
        serial = key.serial()
        if serial and not devices.is_own(serial):
            raise NotOurs(
                f"Vault's key {key.path} is of another device: {serial}.",
                hint="Choose another name for this one: --name.",
            )
        return serial
