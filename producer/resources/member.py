"""Users and groups that Vault knows already, of the userpass and LDAP methods: they are given a policy, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit.errors import KitError, UnknownReference, VaultAnswered
from vault_aws_kit.vault import Body, Request

_NOBODYS: Sequence[Sequence[str]] = ([], ["default"])


@dataclass(frozen=True)
class Member(Resource):
    """Who has no policy yet gets this one. Who has others counts as not ours: they would be replaced."""

    field: ClassVar[str] = "policies"
    after: ClassVar[tuple[str, ...]] = ("auth-mount", "acl-policy")

    mount: str
    folder: str
    name: str
    policy: str

    @classmethod
    def at(cls, path: str) -> Self:
        rest, _, name = path.removeprefix("auth/").rpartition("/")
        mount, _, folder = rest.rpartition("/")
        return cls(mount, folder, name, "")

    @property
    def path(self) -> str:
        return f"auth/{self.mount}/{self.folder}/{self.name}"

    def body(self) -> Body:
        return {self.field: [self.policy]}

    def normalise(self, answer: Body) -> Body | None:
        found = sorted(answer.get(self.field) or [])
        return None if found in _NOBODYS else {self.field: found}


@dataclass(frozen=True)
class UserpassUser(Member):
    """A user with a password, which the kit neither knows nor sets."""

    kind: ClassVar[str] = "userpass-user"
    field: ClassVar[str] = "token_policies"

    def requests(self, before: Body | None) -> Sequence[Request]:  # noqa: ARG002 - what was there is replaced
        return [Request("update", f"{self.path}/policies", {self.field: [self.policy]})]

    def removal(self) -> Sequence[Request]:
        """The user stays, without the policy."""
        return [Request("update", f"{self.path}/policies", {self.field: []})]

    def explained(self, error: KitError) -> KitError:
        if isinstance(error, VaultAnswered) and "does not exist" in error.said:
            return UnknownReference(
                f"There is no user {self.name!r} at auth/{self.mount}.",
                hint=f"Make it first: `vault write auth/{self.mount}/users/{self.name} password=-`.",
            )
        return error


@dataclass(frozen=True)
class LdapMember(Member):
    """A group or a user of the directory: `folder` is groups or users."""

    kind: ClassVar[str] = "ldap-member"
