"""The IAM users that an engine makes: which names can be its own, and for which role.

The engine's own template gives `vault-DISPLAYNAME-ROLE-TIME-RANDOM`, in which DISPLAYNAME-ROLE is cut off after 42
characters. Source: username_template in https://developer.hashicorp.com/vault/api-docs/secret/aws
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

CUT = 42
_NAME = re.compile(r"vault-(?P<who>.{1,42})-(?P<made>\d{9,11})-[A-Za-z0-9]{1,20}", re.DOTALL)
_DEFAULT_MARK = '{{ printf "vault-%s-%s-%s"'


@dataclass(frozen=True)
class IamUser:
    """An IAM user as AWS tells of it."""

    name: str
    path: str
    created: datetime


@dataclass(frozen=True)
class NamePattern:
    """How an engine names its users. `template` is the engine's username_template, '' for its own."""

    template: str = ""

    @property
    def known(self) -> bool:
        """Whether names can be told apart from those of others: a template needs a fixed beginning for that."""
        return self._default or bool(self._prefix)

    def matches(self, name: str) -> bool:
        if self._default:
            return bool(_NAME.fullmatch(name))
        return bool(self._prefix) and name.startswith(self._prefix)

    def roles(self, name: str, roles: Iterable[str]) -> frozenset[str]:
        """Those of an engine's roles that a user can be of: several where the name was cut off or can be read twice."""
        found = _NAME.fullmatch(name) if self._default else None
        if found is None:
            return frozenset(roles) if self.matches(name) else frozenset()
        who = found["who"]
        return frozenset(role for role in roles if _ends_with(who, role))

    @property
    def _default(self) -> bool:
        return not self.template or _DEFAULT_MARK in self.template

    @property
    def _prefix(self) -> str:
        return self.template.partition("{{")[0]


def _ends_with(who: str, role: str) -> bool:
    """Whether `who` is DISPLAYNAME-ROLE for this role, or the beginning of it that fits in."""
    return f"-{who}".endswith(f"-{role}") or len(who) == CUT
