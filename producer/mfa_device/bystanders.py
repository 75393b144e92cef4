"""Policies of others that reach a device's codes too, as one on `totp/*` does: `enroll` can't forbid that."""

from __future__ import annotations

import re

from producer.mfa_device.totp_key import TotpKey
from producer.resources.login_role import EXTRA_POLICIES
from vault_aws_kit.errors import VaultError

_RULE = re.compile(r'path\s+"([^"]+)"\s*\{([^}]*)\}')
_READS = re.compile(r'"(?:read|sudo|write|root)"')
_COMMENT = re.compile(r"^\s*(?:#|//).*$", re.MULTILINE)


def policies(key: TotpKey) -> list[str]:
    """The names of other policies that allow to read a key's codes; [] where they can't be looked at."""
    vault = key.vault
    try:
        names = [name for name in vault.names("sys/policies/acl") if not name.startswith(EXTRA_POLICIES)]
        found = vault.read_many(f"sys/policies/acl/{name}" for name in names)
    except VaultError:
        return []
    texts = {name: str((found[f"sys/policies/acl/{name}"] or {}).get("policy") or "") for name in names}
    return sorted(name for name, text in texts.items() if allows(text, key.code_path))


def allows(hcl: str, path: str) -> bool:
    """Whether a policy has a rule for a path that allows to read it. A rule that denies doesn't count against it."""
    rules = _RULE.findall(_COMMENT.sub("", hcl))
    return any(_READS.search(body) and _covers(pattern, path) for pattern, body in rules)


def _covers(pattern: str, path: str) -> bool:
    """`*` at the end is anything that begins so, `+` one whole part.

    Source: https://developer.hashicorp.com/vault/docs/concepts/policies#policy-syntax
    """
    parts = (("[^/]+" if part == "+" else re.escape(part)) for part in pattern.removesuffix("*").split("/"))
    return re.fullmatch("/".join(parts) + (".*" if pattern.endswith("*") else ""), path) is not None
