"""What is told of an enrolment: no secret is part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from producer.mfa_device.enrolment import Enrolment


def describe(enrolment: Enrolment) -> Mapping[str, Any]:
    return {
        "user": enrolment.user,
        "account": enrolment.account.account,
        "serial": enrolment.key.serial(),
        "code_path": enrolment.key.code_path,
        "policy": enrolment.readers.policy,
        "logins": enrolment.readers.given() or [],
    }


def text(told: Mapping[str, Any], verb: str) -> str:
    readers = ", ".join(told["logins"]) or "no login yet (--login METHOD:MOUNT/ROLE)"
    return "\n".join([
        f"{told['user']}: {verb}.",
        f"  device    {told['serial']}",
        f"  codes at  {told['code_path']}",
        f"  policy    {told['policy']}, carried by {readers}",
    ])  # fmt: skip
