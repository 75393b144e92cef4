"""The shapes that many parts of a spec are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from vault_aws_kit import clock, contract


class Shaped(BaseModel):
    """Unknown keys are errors, and nothing is taken for what it isn't."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _seconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError("a duration")  # noqa: TRY004 - pydantic turns a ValueError into a message
    try:
        found = clock.seconds(value)
    except ValueError:
        raise ValueError("a duration") from None
    if found <= 0:
        raise ValueError("a duration")
    return found


Duration = Annotated[
    int,
    BeforeValidator(_seconds),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": "^([0-9]+[smhd])+$"}, {"type": "integer", "minimum": 1}],
            "description": "As Vault writes it (15m, 1h30m, 90d), or a number of seconds.",
        }
    ),
]
Name = Annotated[str, Field(pattern=f"^{contract.NAME.pattern}$", max_length=64)]
MountPath = Annotated[str, Field(pattern=f"^{contract.MOUNT_PATH.pattern}$", max_length=128)]
