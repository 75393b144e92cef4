"""Who may read a device's codes: an ACL policy for each key, and the roles of auth methods that carry it.

The policy's text says which roles those are, so that nothing else has to remember it: it is written before a role is
given the policy, and deleted after the last one has lost it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from producer.logins import ROLES
from producer.mfa_device.totp_key import TotpKey
from producer.resources.login_role import EXTRA_POLICIES
from vault_aws_kit import templating
from vault_aws_kit.contract import is_mount_path
from vault_aws_kit.errors import NotOurs, UnknownReference
from vault_aws_kit.vault import Body, Vault

_LOGIN = re.compile(r"(?P<method>[a-z]+):(?P<mount>[^\s:]+)/(?P<role>[^\s:/]+)")
_GIVEN = re.compile(r"^# given to: (auth/\S+)$", re.MULTILINE)
_REPLACED_WHOLE = ("jwt", "oidc")
"""Types of role that lose what a write leaves out (role_type, bound_claims_type): they are written back whole."""
_OLD_NAMES = frozenset({"policies", "ttl", "max_ttl", "period", "num_uses", "bound_cidrs"})


@dataclass(frozen=True)
class Login:
    """A role of an auth method, as VAULT_AWS_KIT_LOGIN names it: METHOD:MOUNT/ROLE."""

    method: str
    mount: str
    role: str

    @classmethod
    def parse(cls, text: str) -> Login:
        """Raises ValueError."""
        found = _LOGIN.fullmatch(text)
        if not found or found["method"] not in ROLES or not is_mount_path(found["mount"]) or ".." in found["role"]:
            raise ValueError(f"write METHOD:MOUNT/ROLE, where METHOD is one of {', '.join(ROLES)}")
        return cls(found["method"], found["mount"], found["role"])

    @property
    def path(self) -> str:
        return f"auth/{self.mount}/{ROLES[self.method].folder}/{self.role}"


@dataclass(frozen=True)
class Readers:
    """The readers of one key. Every method raises what Vault's requests raise."""

    key: TotpKey

    @property
    def vault(self) -> Vault:
        return self.key.vault

    @property
    def policy(self) -> str:
        """Vault lowercases names of policies; the dot keeps this one apart from every team's."""
        return f"{EXTRA_POLICIES}{self.key.mount.replace('/', '.')}.{self.key.name}".lower()

    @property
    def path(self) -> str:
        return f"sys/policies/acl/{self.policy}"

    def given(self) -> list[str] | None:
        """The roles that carry the policy as far as it says so; None where there is no policy. Raises NotOurs."""
        text = self._text()
        return None if text is None else _GIVEN.findall(text)

    def missing(self, logins: Sequence[str]) -> bool:
        """Whether `give` has something to do."""
        wanted = self._all(logins)
        return self._text() != self._rendered(wanted) or any(self.policy not in has for has in self._policies(wanted))

    def check(self, logins: Sequence[str]) -> None:
        """Make sure that all of it can be given. Raises NotOurs, UnknownReference."""
        self.given()
        for login in logins:
            if self.vault.read(login) is None:
                raise UnknownReference(
                    f"There is no login {login} in Vault.",
                    hint="Make it first; `vault list` on its folder shows those that there are.",
                )

    def give(self, logins: Sequence[str]) -> None:
        """Write the policy, and have these roles carry it besides those that do already."""
        wanted = self._all(logins)
        text = self._rendered(wanted)
        if self._text() != text:
            self.vault.write(self.path, {"policy": text})
        for login in wanted:
            self._change(login, add=True)

    def take(self) -> None:
        """Take the policy from every role that it names, and delete it."""
        for login in self.given() or ():
            self._change(login, add=False)
        self.vault.delete(self.path)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def _all(self, logins: Sequence[str]) -> list[str]:
        return sorted({*(self.given() or ()), *logins})

    def _text(self) -> str | None:
        found = self.vault.read(self.path)
        if found is None:
            return None
        text = str(found["policy"]).strip()
        if self._rendered([]).partition("\n")[0] != text.partition("\n")[0]:
            raise NotOurs(
                f"Vault has a policy {self.policy!r} already, which is not of {self.key.path}.",
                hint="Choose another name for the key (--name), or delete that policy if nobody needs it.",
            )
        return text

    def _rendered(self, logins: Sequence[str]) -> str:
        template = templating.environment().get_template("vault/mfa-reader-policy.hcl.j2")
        return template.render(mount=self.key.mount, key=self.key.name, logins=logins).strip()

    def _policies(self, logins: Sequence[str]) -> Iterator[Sequence[str]]:
        """What each role carries; a role that is gone needs nothing any more."""
        for answer in self.vault.read_many(logins).values():
            yield (answer.get("token_policies") or []) if answer is not None else [self.policy]

    def _change(self, login: str, *, add: bool) -> None:
        answer = self.vault.read(login)
        has = list((answer or {}).get("token_policies") or [])
        if answer is None or (self.policy in has) == add:
            return
        policies = [*has, self.policy] if add else [one for one in has if one != self.policy]
        self.vault.write(login, {**_kept(answer), "token_policies": policies})


def _kept(answer: Body) -> Mapping[str, Any]:
    """What must be sent besides the policies so that a role stays as it is."""
    if answer.get("role_type") not in _REPLACED_WHOLE:
        return {}
    return {name: value for name, value in answer.items() if value is not None and name not in _OLD_NAMES}
