"""What the roles of all auth methods have in common: whose policy their tokens carry, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from producer.resources.interface import Resource
from vault_aws_kit.vault import Body, Request

EXTRA_POLICIES = "vak-mfa."
"""How the names of policies begin that `producer mfa enroll` gives to roles: no spec knows of them."""


@dataclass(frozen=True)
class LoginRole(Resource):
    """Its tokens carry one policy and not `default`: what a team may do is all in that policy. Seconds.

    `fields` are the method's own, in the API's words, and all of them that matter: what is left out isn't compared.
    """

    folder: ClassVar[str] = "role"
    after: ClassVar[tuple[str, ...]] = ("auth-mount", "auth-config", "acl-policy")

    mount: str
    name: str
    policy: str
    token_ttl: int
    token_max_ttl: int
    fields_of_method: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def at(cls, path: str) -> Self:
        mount, _, name = path.removeprefix("auth/").rpartition(f"/{cls.folder}/")
        return cls(mount, name, "", 0, 0)

    @property
    def path(self) -> str:
        return f"auth/{self.mount}/{self.folder}/{self.name}"

    def body(self) -> Body:
        return {
            **{name: in_order(value) for name, value in self.fields_of_method.items()},
            "token_max_ttl": self.token_max_ttl,
            "token_no_default_policy": True,
            "token_num_uses": 0,
            "token_period": 0,
            "token_policies": [self.policy],
            "token_ttl": self.token_ttl,
            "token_type": "service",
        }

    def normalise(self, answer: Body) -> Body | None:
        """Vault answers null for what is empty, and lists in an order of its own."""
        found = {name: in_order(_like(wanted, answer.get(name))) for name, wanted in self.body().items()}
        policies = [policy for policy in found["token_policies"] if not policy.startswith(EXTRA_POLICIES)]
        return {**found, "token_policies": policies}

    def requests(self, before: Body | None) -> Sequence[Request]:
        """Policies that are right are left out, as the role may carry more of them: Vault keeps those then."""
        body = dict(self.body())
        if before is not None and before["token_policies"] == body["token_policies"]:
            del body["token_policies"]
        return [Request("update", self.path, body)]


def in_order(value: Any) -> Any:
    """A list sorted, and so within a mapping: order means nothing to any auth method, nor does space around a PEM."""
    if isinstance(value, list):
        return sorted(map(in_order, value))
    if isinstance(value, Mapping):
        return {key: in_order(item) for key, item in value.items()}
    return value.strip() if isinstance(value, str) else value


def _like(wanted: Any, found: Any) -> Any:
    return type(wanted)() if found is None else found
