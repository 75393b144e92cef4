"""What a refusal to give credentials means: Vault's engine passes AWS's own refusals on as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vault_aws_kit.errors import (
    AwsRefused,
    KitError,
    NotAllowed,
    RoleNotGranted,
    RoleUnknown,
    VaultAnswered,
)
from vault_aws_kit.mfa import INVALID_CODE, NO_CODE_TAKEN, code_refused

if TYPE_CHECKING:
    from vault_aws_kit.contract import RoleEntry

# The AWS SDK's two generations, then what the first one says where AWS gave no status.
_AWS_WORDS = (
    re.compile(r"api error (?P<code>\w+): (?P<text>.+)", re.DOTALL),
    re.compile(r"(?P<code>[A-Z]\w+(?:\.\w+)*): (?P<text>.+?)\s+status code: \d+", re.DOTALL),
    re.compile(r"\b[Ee]rror [^:]+: (?P<code>[A-Z]\w+): (?P<text>.+)", re.DOTALL),
)
_HINTS = {
    "AccessDenied": "AWS doesn't allow it to Vault's own identity: the platform team must (`producer status`), "
    "and the AWS role must trust it.",
    "NoCredentialProviders": "The engine has no AWS key: the platform team must run `producer setup`.",
    "InvalidClientTokenId": "AWS doesn't know Vault's own key: the platform team must give the engine another.",
    "SignatureDoesNotMatch": "Vault's own secret key is wrong: the platform team must give the engine another.",
    "Throttling": "Too many requests at once: try again in a few seconds.",
    "PackedPolicyTooLarge": "The role's policies are too large for one session: the platform team must shorten them.",
}


def refusal(error: KitError, role: RoleEntry, policies: Sequence[str]) -> KitError:
    """The kit's error for Vault's refusal of `MOUNT/creds/ROLE` or `MOUNT/static-creds/ROLE`."""
    if isinstance(error, NotAllowed):
        return RoleNotGranted(
            f"Vault refuses credentials of role {role.name!r}: the token's policies don't allow it "
            f"({', '.join(policies)}). {error.message}",
            hint=f"Log in as a team that has {role.name!r} (see `consumer roles`). If yours has it, the role or "
            "the team is frozen for now, or its policy is old: ask the platform team.",
        )
    said = error.said if isinstance(error, VaultAnswered) else ""
    if INVALID_CODE in said:
        return code_refused(role.mfa_serial_number)
    refused = _aws_refusal(said, role)
    if refused:
        return refused
    return gone(role) if re.search(r"\brole\b.* not found", said, re.IGNORECASE) else error


def gone(role: RoleEntry) -> RoleUnknown:
    """The catalog and the engine disagree."""
    folder = "static-roles" if role.type == "static" else "roles"
    return RoleUnknown(
        f"The catalog names role {role.name!r}, but Vault has none at {role.mount}/{folder}/{role.name}.",
        hint="Ask the platform team to run `producer setup`.",
    )


def _aws_refusal(said: str, role: RoleEntry) -> AwsRefused | None:
    found = next((match for words in _AWS_WORDS if (match := words.search(said))), None)
    if not found:
        return None
    code, text = found["code"], " ".join(found["text"].split())
    hint = _HINTS.get(code, "Show this to the platform team: the role, or Vault's own AWS identity, is at fault.")
    if NO_CODE_TAKEN in text:
        hint = (
            f"{role.mfa_serial_number} must be a device of the IAM user whose key Vault has. If it is, AWS takes no "
            "codes of it for a while after several wrong ones."
        )
    return AwsRefused(f"AWS refuses Vault's request for role {role.name!r}: {code}: {text.rstrip('.')}.", hint=hint)
