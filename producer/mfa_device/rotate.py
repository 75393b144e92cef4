"""Giving an enrolled user another device and another seed, without a moment in which no code of Vault's is good.

The new seed is tried out beside the old one. Only when AWS has enabled the new device does it take the old one's place
in the key, by one write; the old device goes last. Vault's codes are the old device's before that write, and the new
one's after it.
"""

from __future__ import annotations

from producer.mfa_device import device
from producer.mfa_device.enrolment import Enrolment, Made
from producer.mfa_device.undo import Undo
from vault_aws_kit.errors import NotEnrolled


def rotate(enrolment: Enrolment) -> Made:
    """Returns the new device. Raises NotEnrolled, MfaDevicesInTheWay, CodesDiffer, NotOurs, AwsError, VaultError."""
    found = enrolment.look()
    if not found.current:
        raise NotEnrolled(
            f"Vault's key {enrolment.key.path} gives no codes of a device that {enrolment.user} has.",
            hint=f"`producer mfa enroll {enrolment.user}` makes it so.",
        )
    enrolment.sweep(found)
    if len(found.others) + 1 >= device.MOST:
        raise device.no_room(enrolment.user, found.assigned)
    key = enrolment.key
    with Undo(enrolment.say, f"run `producer mfa rotate {enrolment.user}` again") as undo:
        made = enrolment.make(key.next, undo)
        undo.unless(lambda: key.serial() == made.serial)
        key.write(made.seed, made.serial, instead_of=found.current)
        undo.done()
    enrolment.check_alone(
        made, "rotated", "One rotation is enough; run `producer mfa enroll` to clean up if theirs was stopped."
    )
    enrolment.say(f"Vault gives the codes of {made.serial} from now on.")
    enrolment.devices().remove(found.current)
    key.next.delete()
    return made
