"""From what a person asks for to what a connection gives each AWS provider. Pure.

Providers are named as `consumer render --role [ALIAS=]ROLE` names them, so its file and the variables fit together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from producer.connect.connection import Access, Connection
from producer.spec import Role, Spec, Team
from vault_aws_kit.errors import FieldNotForType, RoleAmbiguous, RoleArnNeeded, TeamUnknown, UnknownReference
from vault_aws_kit.hcl_layout import IDENTIFIER
from vault_aws_kit.hcp import TYPES, Phased, tag_fault, tag_of
from vault_aws_kit.tfe.organization import check_name, check_project


@dataclass(frozen=True)
class Named:
    """One [ALIAS=]VALUE; `alias` is None where none was given."""

    value: str
    alias: str | None = None


@dataclass(frozen=True)
class Asked:
    """Roles for the whole run, and others for one of its phases. `team` '' is the spec's only one."""

    team: str = ""
    roles: tuple[Named, ...] = ()
    plan_roles: tuple[Named, ...] = ()
    apply_roles: tuple[Named, ...] = ()
    arns: tuple[Named, ...] = ()


@dataclass(frozen=True)
class Where:
    """What is connected: each workspace by itself, or all that a variable set is for as one. '' leaves it open."""

    organization: str
    workspaces: tuple[str, ...] = ()
    project: str = ""
    varset: str = ""
    host: str = ""
    ca_bundle: str = ""

    def connections(self, like: Connection, spec: str) -> list[Connection]:
        """One for each set of variables; a whole project has one that is named for it. Raises TfeInvalid."""
        check_name("organisation", self.organization)
        for name in self.workspaces:
            check_name("workspace", name)
        if self.project:
            check_project(self.project)
        varset = self.varset or ("" if self.workspaces else f"vault-aws-kit {spec} {self.project}")
        base = replace(like, organization=self.organization, project=self.project, varset=varset)
        if varset:
            return [replace(base, workspaces=tuple(sorted(self.workspaces)))]
        return [replace(base, workspaces=(name,)) for name in self.workspaces]


def named(text: str) -> Named:
    """[ALIAS=]VALUE; ARNs may hold equals signs. Raises ValueError."""
    alias, equals, value = text.partition("=")
    if not equals or text.startswith("arn:"):
        return Named(text)
    if not IDENTIFIER.fullmatch(alias):
        raise ValueError(
            f"{alias!r} is no alias of a provider: it begins with a letter, and takes letters, digits, _ and -."
        )
    return Named(value, alias)


def team_of(spec: Spec, name: str) -> Team:
    """Raises TeamUnknown."""
    found = [team for team in spec.teams if name in ("", team.name)]
    known = ", ".join(team.name for team in spec.teams) or "none"
    if not found:
        raise TeamUnknown(f"The spec has no team {name!r}; it has {known}.")
    if len(found) > 1:
        raise TeamUnknown(f"The spec has several teams: {known}.", hint="Say for which: --team NAME.")
    return found[0]


def access_for(spec: Spec, team: Team, asked: Asked) -> tuple[Access, ...]:
    """What each provider gets, the default one first.

    Raises UnknownReference, RoleAmbiguous, RoleArnNeeded, FieldNotForType.
    """
    given = _by_alias(team, asked)
    fault = tag_fault([tag_of(alias) for alias in given])
    if fault:
        raise RoleAmbiguous(fault, hint="Give each an alias of its own: --role logs=ROLE.")
    return tuple(_access(spec, team, alias, phases, asked.arns) for alias, phases in sorted(given.items()))


def _by_alias(team: Team, asked: Asked) -> Mapping[str, Mapping[str, str]]:
    """For each alias the role of each phase, as it was asked for."""
    given: dict[str, dict[str, str]] = {}
    whole = asked.roles or _only_role(team, asked)
    for alias, name in _aliased(whole):
        _put(given, alias, {"plan": name, "apply": name})
    for phase, names in (("plan", asked.plan_roles), ("apply", asked.apply_roles)):
        for one in names:
            given.setdefault(one.alias or "", {})[phase] = one.value
    return given


def _put(given: dict[str, dict[str, str]], alias: str, phases: dict[str, str]) -> None:
    if alias in given:
        called = f"as aws.{alias}" if alias else "for the default provider"
        raise RoleAmbiguous(f"Two roles were asked for {called}.", hint="Give each an alias: --role logs=ROLE.")
    given[alias] = phases


def _only_role(team: Team, asked: Asked) -> tuple[Named, ...]:
    if asked.plan_roles or asked.apply_roles:
        return ()
    if len(team.roles) == 1:
        return (Named(team.roles[0]),)
    raise RoleAmbiguous(
        f"Team {team.name!r} has {len(team.roles)} roles: {', '.join(team.roles)}.",
        hint="Say which the workspace gets: --role ROLE, and --role ALIAS=ROLE for other providers.",
    )


def _aliased(roles: Sequence[Named]) -> Iterator[tuple[str, str]]:
    """'' for the first that came without an alias; the others get one made of the role's name."""
    first = next((number for number, one in enumerate(roles) if one.alias is None), -1)
    for number, one in enumerate(roles):
        yield "" if number == first else one.alias or _identifier(one.value), one.value


def _identifier(role: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", role.rpartition("/")[2])
    return plain if IDENTIFIER.fullmatch(plain) else f"_{plain}"


def _access(spec: Spec, team: Team, alias: str, phases: Mapping[str, str], arns: Sequence[Named]) -> Access:
    called = f"aws.{alias}" if alias else "the default provider"
    for phase in ("plan", "apply"):
        if phase not in phases:
            raise RoleAmbiguous(f"Nothing was said of what {called} gets when Terraform {_DOES[phase]}.",
                                hint=f"Add --{phase}-role {alias + '=' if alias else ''}ROLE.")  # fmt: skip
    plan, apply = (_role(spec, team, phases[phase]) for phase in ("plan", "apply"))
    if (plan.type, plan.engine) != (apply.type, apply.engine):
        raise FieldNotForType(
            f"Plan and apply can't have {plan.qualified} ({plan.type}) and {apply.qualified} ({apply.type}): HCP "
            "Terraform takes one type and one engine for both.",
            hint="Give it roles of one type, of the same engine.",
        )
    own = [one.value for one in arns if one.alias == alias] or [one.value for one in arns if one.alias is None]
    arn = Phased(_arn(plan, own), _arn(apply, own))
    return Access(tag_of(alias), Phased(plan.qualified, apply.qualified), arn)


_DOES = {"plan": "plans", "apply": "applies"}


def _role(spec: Spec, team: Team, name: str) -> Role:
    found = [role for role in team.roles if name in (role, role.partition("/")[2])]
    if not found:
        raise UnknownReference(
            f"Team {team.name!r} has no role {name!r}.", hint=f"It has: {', '.join(team.roles) or 'none'}."
        )
    if len(found) > 1:
        raise RoleAmbiguous(f"Several engines have a role {name!r}.", hint=f"Write {' or '.join(found)}.")
    role = spec.role_named[found[0]]
    if role.type not in TYPES:
        raise FieldNotForType(
            f"HCP Terraform can't use {role.name!r} ({role.type}): it takes {', '.join(TYPES)}.",
            hint="Give the workspace another role.",
        )
    return role


def _arn(role: Role, given: Sequence[str]) -> str:
    """The AWS role that it becomes; '' for a type that becomes none."""
    if role.type != "assumed_role":
        return ""
    fitting = [arn for arn in dict.fromkeys(given) if arn in role.role_arns]
    choice = fitting or role.role_arns
    if len(choice) != 1:
        raise RoleArnNeeded(
            f"Role {role.name!r} can become several AWS roles: {', '.join(role.role_arns)}.",
            hint="Say which: --role-arn [ALIAS=]ARN.",
        )
    return choice[0]
