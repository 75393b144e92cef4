"""Mounts: of secrets engines (AWS, KV v2) and of auth methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit.errors import MountMissing, WrongMountType
from vault_aws_kit.vault import Body, Request

_JWT = frozenset({"jwt", "oidc"})


@dataclass(frozen=True)
class Mount(Resource):
    """A mount of a secrets engine at `mount`. Its type and KV version can't be changed, so others are refused."""

    kind: ClassVar[str] = "mount"
    table: ClassVar[str] = "sys/mounts"
    usual_type: ClassVar[str] = ""

    mount: str
    type: str
    description: str = ""
    version: str = ""

    @classmethod
    def at(cls, path: str) -> Self:
        return cls(path.removeprefix(f"{cls.table}/"), cls.usual_type)

    @property
    def path(self) -> str:
        return f"{self.table}/{self.mount}"

    @property
    def source(self) -> str:
        return self.table

    def body(self) -> Body:
        return self._fixed()

    def normalise(self, answer: Body) -> Body | None:
        found = answer.get(f"{self.mount}/")
        if found is None:
            return None
        version = (found.get("options") or {}).get("version", "1")
        actual = {"type": str(found["type"]), "version": str(version)}
        fixed = {key: actual[key] for key in self._fixed()}
        if fixed != self._fixed():
            raise self._wrong_type(fixed)
        return fixed

    def _fixed(self) -> Mapping[str, str]:
        """What can't be changed once the mount is there."""
        return {"type": self.type, **({"version": self.version} if self.version else {})}

    def requests(self, before: Body | None) -> Sequence[Request]:  # noqa: ARG002 - a mount is made or left alone
        options = {"options": {"version": self.version}} if self.version else {}
        return [Request("update", self.path, {"type": self.type, "description": self.description, **options})]

    def _wrong_type(self, found: Mapping[str, str]) -> WrongMountType:
        is_now, wanted = (" ".join([body["type"], *(f"v{body[k]}" for k in body if k == "version")])
                          for body in (found, self._fixed()))  # fmt: skip
        return WrongMountType(
            f"The mount {self.mount}/ in Vault is of type {is_now}, not {wanted}.",
            hint="Give another mount path, or move that mount away: `vault secrets move`.",
        )


@dataclass(frozen=True)
class AwsMount(Mount):
    """A mount of the AWS secrets engine. `max_ttl` (seconds) bounds every lease of it, whatever a role says.

    `tune` is what else the spec says of it, and only that is compared: any of default_lease_ttl (seconds), description
    and listing_visibility. `description` is what a new mount gets otherwise.
    """

    kind: ClassVar[str] = "aws-mount"
    usual_type: ClassVar[str] = "aws"

    max_ttl: int = 0
    tune: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def body(self) -> Body:
        return {**super().body(), "max_lease_ttl": self.max_ttl, **self.tune}

    def normalise(self, answer: Body) -> Body | None:
        fixed = super().normalise(answer)
        if fixed is None:
            return None
        found = answer[f"{self.mount}/"]
        config = found["config"]
        known = {
            "max_lease_ttl": config["max_lease_ttl"],
            "default_lease_ttl": config.get("default_lease_ttl") or 0,
            "description": found.get("description") or "",
            "listing_visibility": config.get("listing_visibility") or "hidden",
        }
        return {**fixed, **{name: known[name] for name in self.body() if name in known}}

    def requests(self, before: Body | None) -> Sequence[Request]:
        named = {name: f"{value}s" if name.endswith("_ttl") else value for name, value in self.tune.items()}
        tune = {"max_lease_ttl": f"{self.max_ttl}s", **named}
        if before is not None:
            return [Request("update", f"{self.path}/tune", tune)]
        description = tune.pop("description", self.description)
        return [Request("update", self.path, {"type": self.type, "description": description, "config": tune})]


@dataclass(frozen=True)
class CatalogMount(Mount):
    """The KV v2 mount of the catalog. Every spec uses the same one, so it belongs to none."""

    kind: ClassVar[str] = "catalog-mount"
    shared: ClassVar[bool] = True


@dataclass(frozen=True)
class AuthMount(Mount):
    """A mount of an auth method. One that is there already serves others too, and is used as it is.

    One that is `required` is somebody else's to make: where it isn't there, MountMissing is raised.
    """

    kind: ClassVar[str] = "auth-mount"
    table: ClassVar[str] = "sys/auth"
    shared: ClassVar[bool] = True

    required: bool = False

    def normalise(self, answer: Body) -> Body | None:
        found = super().normalise(self._by_our_name(answer))
        if found is None and self.required:
            raise MountMissing(
                f"There is no auth method at {self.mount}/ in Vault.",
                hint=f"Have it enabled and configured there, or write `create_mount: true` if the spec shall make it "
                f"({self.type} can be made by it only without a secret).",
            )
        return found

    def _by_our_name(self, answer: Body) -> Body:
        """JWT and OIDC are one method of Vault's, and either name is a type of mount."""
        found = answer.get(f"{self.mount}/") or {}
        if {self.type, found.get("type")} <= _JWT:
            return {**answer, f"{self.mount}/": {**found, "type": self.type}}
        return answer
