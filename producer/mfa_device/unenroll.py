"""Taking back what `enroll` made: the device, the seed, and who may read its codes."""

from __future__ import annotations

from dataclasses import dataclass

from producer.iam_account import IamAccount
from producer.mfa_device.enrolment import Enrolment, Found
from producer.mfa_device.totp_key import NEXT
from vault_aws_kit import IAM_PATH


@dataclass(frozen=True)
class Removal:
    """What would be removed. `policy` is '' where there is none."""

    found: Found
    policy: str
    logins: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self._devices or self._keys or self.policy)

    @property
    def elsewhere(self) -> list[str]:
        """Devices of the user that the kit made, and whose seed isn't where it is looked for here: they stay."""
        return [serial for serial in self.found.others if f":mfa{IAM_PATH}" in serial]

    def lines(self, key_path: str) -> list[str]:
        """Each thing that would be removed, for a person."""
        lines = [f"MFA device {serial}" for serial in self._devices]
        lines += [f"Vault's key {key_path}{suffix}" for suffix in self._keys]
        lines += [f"Vault's policy {self.policy}"] if self.policy else []
        return lines + [f"that policy at {login}" for login in self.logins]

    @property
    def _devices(self) -> list[str]:
        return [*self.found.own, *self.found.unassigned]

    @property
    def _keys(self) -> list[str]:
        return [suffix for suffix, serial in (("", self.found.in_key), (NEXT, self.found.in_next)) if serial]


def look(enrolment: Enrolment) -> Removal:
    """What there is to remove. An IAM user that is gone already is fine. Raises NotOurs, AwsError and VaultError."""
    readers = enrolment.readers
    logins = readers.given()
    return Removal(enrolment.look(), readers.policy if logins is not None else "", tuple(logins or ()))


def unenroll(enrolment: Enrolment, removal: Removal) -> None:
    """Remove it all, the device first: a code that is still read then is good for nothing. Killed, it goes on again."""
    devices = enrolment.devices()
    for serial in [*removal.found.own, *removal.found.unassigned]:
        devices.remove(serial)
    enrolment.key.delete()
    enrolment.key.next.delete()
    if removal.policy:
        enrolment.readers.take()


def guarded_by(account: IamAccount, user: str) -> list[str]:
    """The guards that the user is under: without a device, who is in such a group can write nothing."""
    with account.asked("iam:ListGroupsForUser") as iam:
        try:
            pages = iam.get_paginator("list_groups_for_user").paginate(UserName=user)
            return [group["GroupName"] for page in pages for group in page["Groups"] if group["Path"] == IAM_PATH]
        except iam.exceptions.NoSuchEntityException:
            return []
