"""What a person should know of a guard before it is made: ways round it, and what it stops that looks like reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from producer.mfa_guard.documents import Enrolment

SELF_RISK = (
    "Users can make and enable a device without MFA, and so can whoever has their key: a stolen key gets round the"
    " guard, unless its user has a device that is called as the user is."
)
NO_STS = (
    "Without sts among the guarded services, whoever may assume a role can go on as that role, which no guard of the"
    " user binds."
)
NO_IAM = (
    "Without iam among the guarded services, whoever may write IAM can take themselves out of the group, or make"
    " another user's key, without MFA."
)
KMS = (
    "kms counts encrypting and decrypting as writes: reading what is encrypted with a key of KMS (objects in s3,"
    " parameters, secrets) needs MFA too."
)


def notes(services: Sequence[str], enrolment: Enrolment) -> Iterator[str]:
    """Warnings on a guard of these services."""
    if "sts" not in services:
        yield NO_STS
    if "iam" not in services:
        yield NO_IAM
    if "kms" in services:
        yield KMS
    if enrolment == "self":
        yield SELF_RISK
