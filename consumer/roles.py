"""Which teams a token belongs to, and which roles they may use: read from the catalog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from consumer.token import TokenInfo, look_up
from vault_aws_kit.catalog import Catalog
from vault_aws_kit.contract import CATALOG_MOUNT, RoleEntry, TeamEntry, team_path, teams_of_policy
from vault_aws_kit.errors import (
    CatalogMissing,
    CatalogUnreadable,
    NotAllowed,
    ParameterNotForRole,
    RoleAmbiguous,
    RoleUnknown,
    TeamUnknown,
)

if TYPE_CHECKING:
    from vault_aws_kit.vault import Vault

NAMED_AT_MOST = 12


@dataclass(frozen=True)
class Access:
    """What a token may use: the catalog entries that it may read."""

    token: TokenInfo
    teams: tuple[TeamEntry, ...]

    @cached_property
    def roles(self) -> tuple[RoleEntry, ...]:
        """Every role once, by name."""
        unique = {(role.mount, role.name): role for team in self.teams for role in team.roles}
        return tuple(sorted(unique.values(), key=lambda role: (role.name, role.engine, role.mount)))

    def name_of(self, role: RoleEntry) -> str:
        """The role's name as `--role` takes it: with its engine where another engine has one of the same name."""
        return role.qualified if self._names[role.name] > 1 else role.name

    def teams_of(self, role: RoleEntry) -> tuple[TeamEntry, ...]:
        return tuple(self._teams[role.mount, role.name])

    def role(self, name: str) -> RoleEntry:
        """The role called ROLE or ENGINE/ROLE. Raises RoleUnknown, RoleAmbiguous."""
        found = [role for role in self.roles if name in (role.name, role.qualified)]
        if not found:
            raise self._unknown(name)
        if len(found) > 1:
            raise _ambiguous(name, found)
        return found[0]

    def check_session_name(self, role: RoleEntry, name: str) -> None:
        """Raises ParameterNotForRole for a name that a team's policy denies: what one denies no other policy allows.

        A token that carries no team's policy, as an admin's, is kept from nothing.
        """
        ours = [team for team in self.teams_of(role) if self._is_of(team)]
        strict = next((team for team in ours if team.strict), None)
        if name and strict and role.type == "assumed_role":
            raise ParameterNotForRole(
                f"Team {strict.spec}/{strict.team} may not name its AWS sessions (`attribution: strict`).",
                hint="Leave --session-name out.",
            )

    def _is_of(self, team: TeamEntry) -> bool:
        """Whether the token is one of the team's; without a token, the catalog's file is the team's own."""
        return not self.token.policies or not set(team.policies).isdisjoint(self.token.policies)

    @cached_property
    def _names(self) -> Counter[str]:
        return Counter(role.name for role in self.roles)

    @cached_property
    def _teams(self) -> dict[tuple[str, str], list[TeamEntry]]:
        """The teams that have each role, by its mount and name."""
        found: dict[tuple[str, str], list[TeamEntry]] = {}
        for team in self.teams:
            for role in team.roles:
                found.setdefault((role.mount, role.name), []).append(team)
        return found

    def _unknown(self, name: str) -> RoleUnknown:
        import difflib

        names = [self.name_of(role) for role in self.roles]
        forms = {form: role.qualified for role in self.roles for form in (self.name_of(role), role.qualified)}
        near: dict[str, str] = {}
        for form in difflib.get_close_matches(name, forms, n=3):
            near.setdefault(forms[form], form)  # each role in the form that is nearest
        teams = ", ".join(f"{team.spec}/{team.team}" for team in self.teams[:NAMED_AT_MOST])
        return RoleUnknown(
            f"There is no role {name!r} for {teams}.",
            hint=f"Did you mean {' or '.join(near.values())}?"
            if near
            else f"There is: {_listed(names)}. For another role ask the platform team.",
        )


def find_access(vault: Vault, catalog_mount: str = CATALOG_MOUNT, team: str = "") -> Access:
    """The roles of the token's teams, or of one: TEAM or NAME/TEAM. A token that may list the catalog sees all.

    Raises CatalogMissing, TeamUnknown, NotAllowed, CatalogUnreadable.
    """
    token = look_up(vault)
    catalog = Catalog(vault, catalog_mount)
    paths = _paths(catalog, _candidates(team, token.policies), team)
    entries = [entry for path in paths if (entry := _entry(catalog, path))]
    if not entries:
        raise _nothing(catalog, token, team)
    return Access(token, tuple(entry.for_policies(token.policies) for entry in entries))


# ── which entries to read ───────────────────────────────────────────────────────────────────────


def _candidates(team: str, policies: Iterable[str]) -> list[str]:
    """The catalog paths of the teams that a token can belong to, by the names of its policies."""
    if "/" in team:
        name, _, plain = team.partition("/")
        return [team_path(name, plain)]
    pairs = dict.fromkeys(pair for policy in policies for pair in teams_of_policy(policy))
    named = [pair for pair in pairs if team in ("", pair[1])]
    if team and not named:
        named = [(spec, team) for spec in dict.fromkeys(spec for spec, _ in pairs)] or [("default", team)]
    return [team_path(*pair) for pair in named]


def _paths(catalog: Catalog, candidates: Sequence[str], team: str) -> Sequence[str]:
    """Those of them that may be read, by one question; all that there are where the catalog may be listed."""
    places = {path: f"{catalog.mount}/data/{path}" for path in candidates}
    root = f"{catalog.mount}/metadata/"
    may = catalog.vault.capabilities([*places.values(), root])
    if may[root] & {"list", "root"}:
        return _all_paths(catalog, team)
    return [path for path, place in places.items() if may[place] & {"read", "root"}]


def _all_paths(catalog: Catalog, team: str) -> list[str]:
    specs = [name.rstrip("/") for name in catalog.names() if name.endswith("/")]
    pairs = [(spec, name) for spec in specs for name in catalog.names(f"{spec}/teams") if not name.endswith("/")]
    return [team_path(*pair) for pair in pairs if team in ("", pair[1], "/".join(pair))]


def _entry(catalog: Catalog, path: str) -> TeamEntry | None:
    text = catalog.read(path)
    if text is None:
        return None
    try:
        return TeamEntry.from_json(text)
    except (ValueError, KeyError, TypeError):
        raise CatalogUnreadable(
            f"The catalog's entry {path} can't be read: it is damaged, or from another version of the kit.",
            hint="Use the version that the platform team uses, or ask it to run `producer setup` again.",
        ) from None


# ── errors ──────────────────────────────────────────────────────────────────────────────────────


def _nothing(catalog: Catalog, token: TokenInfo, team: str) -> CatalogMissing | TeamUnknown | NotAllowed:
    has = ", ".join(token.policies) or "none"
    if not team:
        return CatalogMissing(
            f"The catalog {catalog.mount}/ has no team that this token's policies ({has}) name.",
            hint="Log in as a team with `consumer login`, name the team with --team NAME/TEAM, or the catalog's mount "
            "with --catalog-mount. Where there is no catalog yet, `producer setup` makes it.",
        )
    path = f"{catalog.mount}/data/{(_candidates(team, token.policies))[0]}"
    may = catalog.vault.capabilities([path])[path]
    if not may & {"read", "root"}:
        return NotAllowed(
            f"The token lacks `read` on {path}, the catalog's entry of team {team} (its policies: {has}).",
            hint=f"Log in as {team}, or leave --team out to use the token's own.",
        )
    return TeamUnknown(
        f"The catalog {catalog.mount}/ has no team {team}.",
        hint="Name it as NAME/TEAM (NAME is the spec's name), and the catalog's mount with --catalog-mount.",
    )


def _ambiguous(name: str, found: Sequence[RoleEntry]) -> RoleAmbiguous:
    qualified = sorted({role.qualified for role in found})
    if len(qualified) > 1:
        return RoleAmbiguous(f"{len(found)} engines have a role {name!r}.", hint=f"Write {' or '.join(qualified)}.")
    return RoleAmbiguous(
        f"{len(found)} specs have a role {name!r} (at {', '.join(role.mount for role in found)}).",
        hint="Say which with --team NAME/TEAM.",
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED_AT_MOST} more (`consumer roles`)" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more if names else "none at all"
