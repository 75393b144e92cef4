"""Rules that the logins of all teams must keep together: they share mounts, and people.

Each yields a login's place (the number of its team, its own), the field at fault, and the error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from producer.spec.model import Login, Team
from vault_aws_kit.errors import DuplicateName, FieldNotForType, SpecError

Place = tuple[int, int]
Fault = tuple[Place, str, SpecError]
Placed = tuple[Place, Team, Login]

_SAME = {"oidc": "jwt"}
"""Two names of one method."""


def faults(teams: Sequence[Team]) -> Iterator[Fault]:
    """Everything that is wrong with the logins taken together."""
    logins = list(_placed(teams))
    yield from _methods(logins)
    yield from _configs(logins)
    yield from _people(logins)
    yield from _strict(logins)


def _placed(teams: Sequence[Team]) -> Iterator[Placed]:
    for number, team in enumerate(teams):
        for place, login in enumerate(team.logins):
            yield (number, place), team, login


def _methods(logins: Sequence[Placed]) -> Iterator[Fault]:
    """A mount is of one method."""
    first: dict[str, str] = {}
    for place, _, login in logins:
        method = first.setdefault(login.mount, login.method)
        if _SAME.get(method, method) != _SAME.get(login.method, login.method):
            told = f"{login.mount}/ can't be a mount of {method} and of {login.method}."
            yield place, "mount", DuplicateName(told, hint="Give one of the logins another `mount`.")


def _configs(logins: Sequence[Placed]) -> Iterator[Fault]:
    """A mount has one configuration, which any of its logins may say."""
    first: dict[str, Login] = {}
    for place, _, login in logins:
        known = first.setdefault(login.mount, login).config if login.config else {}
        differing = [field for field in {**known, **login.config} if known.get(field) != login.config.get(field)]
        if differing:
            told = f"{login.mount}/ is configured in two ways: its logins differ in {', '.join(differing)}."
            yield place, differing[0], FieldNotForType(told, hint="Say it at one of them, or the same at each.")


def _people(logins: Sequence[Placed]) -> Iterator[Fault]:
    """A user or a group has one policy of ours: the next would replace it. Vault doesn't tell Ann from ann."""
    first: dict[tuple[str, str, str], str] = {}
    for place, team, login in logins:
        for folder, name in login.members:
            key = (login.mount, folder, name.lower())
            if key in first:
                told = f"{name!r} of {login.mount}/ is in team {first[key]} already, and gets the policy of one login."
                hint = "Keep one of them; who works for both teams needs a login for each."
                yield place, folder, DuplicateName(told, hint=hint)
            first.setdefault(key, team.name)


def _strict(logins: Sequence[Placed]) -> Iterator[Fault]:
    """Where a mount is to say who somebody is, it must be one team's, and not the one that everybody has."""
    for place, team, login in logins:
        others = {other.mount for _, owner, other in logins if owner is not team}
        if team.strict and (login.mount in others or login.mount == login.method):
            told = f"`attribution: strict` needs a mount of the team's own, and {login.mount}/ is for others too."
            hint = f"Give the login one: `mount: {login.method}-{team.name}`."
            yield place, "mount", FieldNotForType(told, hint=hint)
