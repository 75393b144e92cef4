"""Making Vault the MFA device of an IAM user."""

from __future__ import annotations

from collections.abc import Sequence

from producer.mfa_device.enrolment import Enrolment, Made
from producer.mfa_device.undo import Undo


def enroll(enrolment: Enrolment, logins: Sequence[str], *, additional: bool = False) -> Made | None:
    """Make what is missing; None where the user has the device already, which AWS and Vault's key both say.

    `logins` are the paths of roles that may read the codes. What is made here is taken back if a later step fails.
    Raises MfaDevicesInTheWay, CodesDiffer, NotOurs, UnknownReference, AwsError and VaultError.
    """
    enrolment.readers.check(logins)
    found = enrolment.look()
    if found.current:
        _complete(enrolment, logins)
        enrolment.sweep(found)
        return None
    enrolment.check_room(found, additional=additional)
    with Undo(enrolment.say, f"run `producer mfa enroll {enrolment.user}` again, or `producer mfa unenroll`") as undo:
        if not enrolment.key.home():
            enrolment.key.make_mount()
        _give(enrolment, logins, undo)
        made = enrolment.make(enrolment.key, undo, instead_of=found.in_key)
        enrolment.check_alone(made, "enrolled", "One enrolment is enough.")
        undo.done()
    enrolment.sweep(found)
    return made


def _give(enrolment: Enrolment, logins: Sequence[str], undo: Undo) -> None:
    """A policy that is there already is from an earlier run, and stays."""
    readers = enrolment.readers
    if readers.given() is None:
        undo.later(f"Vault's policy {readers.policy}", readers.take)
    readers.give(logins)


def _complete(enrolment: Enrolment, logins: Sequence[str]) -> None:
    if enrolment.readers.missing(logins):
        enrolment.readers.give(logins)
        enrolment.say(f"The policy {enrolment.readers.policy} and its logins are up to date.")
