"""A role of an AWS secrets engine: which credentials Vault hands out under a name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit.contract import CredentialType
from vault_aws_kit.vault import Body

LISTS = ("policy_arns", "role_arns", "iam_groups")
TAGS = ("iam_tags", "session_tags")
TEXTS = ("credential_type", "permissions_boundary_arn", "user_path", "external_id", "mfa_serial_number")
TTLS = ("default_sts_ttl", "max_sts_ttl")


@dataclass(frozen=True)
class AwsRole(Resource):
    """Every field is always written, so that one that was left behind in Vault is seen and cleared.

    TTLs are in seconds, 0 for the engine's default; `policy_document` is minified JSON or ''.
    """

    kind: ClassVar[str] = "role"
    after: ClassVar[tuple[str, ...]] = ("aws-mount", "root-config", "lease-config")
    read_back: ClassVar[bool] = True

    mount: str
    name: str
    credential_type: CredentialType
    policy_document: str = ""
    policy_arns: tuple[str, ...] = ()
    role_arns: tuple[str, ...] = ()
    iam_groups: tuple[str, ...] = ()
    iam_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    permissions_boundary_arn: str = ""
    user_path: str = ""
    external_id: str = ""
    session_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    default_sts_ttl: int = 0
    max_sts_ttl: int = 0
    mfa_serial_number: str = ""

    @classmethod
    def at(cls, path: str) -> Self:
        mount, _, name = path.rpartition("/roles/")
        return cls(mount, name, "iam_user")

    @property
    def path(self) -> str:
        return f"{self.mount}/roles/{self.name}"

    @property
    def help_path(self) -> str:
        return f"{self.mount}/roles/x"

    def fields(self) -> frozenset[str]:
        """Vault got session_token and the field for its MFA device in one release, and lists only the field."""
        return super().fields() | ({"mfa_serial_number"} if self.credential_type == "session_token" else set())

    def body(self) -> Body:
        return _normal(vars(self))

    def normalise(self, answer: Body) -> Body | None:
        return _normal(answer)


def _normal(answer: Body) -> Body:
    """Sorted lists, tags as a mapping, whole seconds, and JSON without its white space and key order.

    No path of IAM users means "/" to AWS, so both are one; Vault refuses any for other types.
    """
    body: dict[str, Any] = {key: answer.get(key) or "" for key in TEXTS}
    body |= {"policy_document": _compact(answer.get("policy_document") or "")}
    body |= {key: sorted(answer.get(key) or ()) for key in LISTS}
    body |= {key: dict(answer.get(key) or {}) for key in TAGS}
    body |= {key: int(answer.get(key) or 0) for key in TTLS}
    if body["credential_type"] == "iam_user":
        body["user_path"] = body["user_path"] or "/"
    return body


def _compact(document: str) -> str:
    """One spelling of a JSON text; a text that is none stays as it is, and so differs."""
    try:
        return json.dumps(json.loads(document), separators=(",", ":"), sort_keys=True) if document else ""
    except ValueError:
        return document
