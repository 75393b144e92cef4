"""An engine's root config: the AWS credentials, region and endpoints that Vault itself uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit.errors import KitError, UnsupportedField, VaultAnswered
from vault_aws_kit.vault import Body, Request

KEYLESS = ("identity_token_audience", "role_arn")
"""What a root without a key has in its place: the engine refuses both together."""

NO_REGION = "us-east-1"
"""What the engine works in where it is told no region. Source: its client.go, getRootConfig."""

_LACKING = ("not supported in vault community edition", "code = unimplemented")
"""How a server says that it lacks a part that the engine needs: the rotation manager, or identity tokens."""


@dataclass(frozen=True)
class RootConfig(Resource):
    """`access_key_id` is the key that Vault is to hold. `secret_access_key` is known only when it is to be written.

    `settings` are the other fields that the spec names, TTLs in seconds. `kept` is what Vault holds of all fields but
    the key: it is sent along, as a write may reset what it leaves out. `drop_key` takes Vault's key
    away: it is to have none.
    """

    kind: ClassVar[str] = "root-config"
    after: ClassVar[tuple[str, ...]] = ("aws-mount",)
    read_back: ClassVar[bool] = True

    mount: str
    region: str
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    kept: Mapping[str, Any] = field(default_factory=dict[str, Any])
    drop_key: bool = False

    @classmethod
    def at(cls, path: str) -> Self:
        return cls(path.removesuffix("/config/root"), "")

    @property
    def path(self) -> str:
        return f"{self.mount}/config/root"

    @property
    def help_path(self) -> str:
        return self.path

    def body(self) -> Body:
        key = {"access_key": self.access_key_id} if self.access_key_id or self.drop_key else {}
        return {**key, "region": self.region, **self.settings}

    def normalise(self, answer: Body) -> Body | None:
        answer = {**answer, "region": answer.get("region") or NO_REGION}
        return {name: _alike(answer.get(name), wanted) for name, wanted in self.body().items()}

    def requests(self, before: Body | None) -> Sequence[Request]:  # noqa: ARG002 - what is there is in `kept`
        return [Request("update", self.path, {**self.kept, **self._key(), "region": self.region, **self.settings})]

    def _key(self) -> Mapping[str, str]:
        """The key with its secret, never without: Vault may have rotated it since it was read. '' takes it away."""
        if self.drop_key:
            return {"access_key": "", "secret_key": ""}
        if not self.secret_access_key:
            return {}
        without = {name: "" for name in KEYLESS if self.kept.get(name)}
        return {"access_key": self.access_key_id, "secret_key": self.secret_access_key, **without}

    def removal(self) -> Sequence[Request]:
        return []  # it goes with its mount; an engine without root config serves nobody

    def notes(self, verb: str, before: Body | None) -> tuple[str, ...]:
        key = (before or {}).get("access_key")
        if verb in ("create", "update") and self.access_key_id.startswith("("):
            return (f"`setup` takes this key {self.access_key_id[1:-1]}: the long-lived one of an IAM user for Vault.",)
        if verb == "update" and self.drop_key and key:
            return (f"Vault forgets the key {key}, which nobody can read back; AWS keeps it until you delete it.",)
        return ()

    def explained(self, error: KitError) -> KitError:
        said = error.said.lower() if isinstance(error, VaultAnswered) else ""
        if not any(sign in said for sign in _LACKING):
            return error
        names = [name for name in self.settings if name.startswith(("rotation_", "identity_token_", "role_arn"))]
        return UnsupportedField(
            f"The server can't do what {', '.join(names)} in the config of {self.mount}/ asks for: {error.message}",
            hint="Remove them from the spec's `config`, or use a server that can: Vault Enterprise.",
        )


def _alike(value: Any, wanted: Any) -> Any:
    """What Vault answers for a field, in the type in which the spec's value is."""
    if isinstance(wanted, list):
        return list(value or ())
    if isinstance(wanted, bool):
        return bool(value)
    if isinstance(wanted, int):
        return int(value or 0)
    return str(value or "")
