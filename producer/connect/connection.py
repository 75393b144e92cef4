"""A connection: which workspaces' runs log in for a team, and with which of its roles. Pure.

What lets a run in are claims that must be equal, never globs: no name can be written so that another's fits it too.
Source: https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from producer.spec import Login, Spec, Team
from vault_aws_kit import contract
from vault_aws_kit.hcp import AUDIENCE, HOST, NOTHING, Phased

TOKEN_TTL = 20 * 60  # seconds: HashiCorp advises a short one, as agents renew it and revoke it in the end
SLUG = 24  # characters of a name that a login's name shows


@dataclass(frozen=True)
class Access:
    """What one AWS provider gets: `tag` is '' for the default one. Roles are ENGINE/ROLE, ARNs '' for other types."""

    tag: str
    role: Phased
    arn: Phased = NOTHING


@dataclass(frozen=True)
class Connection:
    """`workspaces` share one set of variables: one has its own, several (or () for all of a project) a variable set.

    `project_id` and `workspace_ids` are bound beside the names, which can be given away and taken by others; '' and ()
    where they aren't known. `issuer` signs the runs' tokens. `config` is that of the JWT mount, {} where somebody else
    looks after it. Seconds.
    """

    team: str
    organization: str
    access: tuple[Access, ...]
    workspaces: tuple[str, ...] = ()
    project: str = ""
    varset: str = ""
    host: str = HOST
    issuer: str = f"https://{HOST}"
    mount: str = "jwt-tfc"
    audience: str = AUDIENCE
    token_ttl: int = TOKEN_TTL
    project_id: str = ""
    workspace_ids: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def place(self) -> str:
        """Where its variables are."""
        return f"{self.organization}/{self.varset or self.workspaces[0]}"

    @property
    def key(self) -> str:
        """Its identity: there is one connection for each set of variables."""
        return f"{self.host}/{'varsets' if self.varset else 'workspaces'}/{self.place}"

    @property
    def split(self) -> bool:
        """Whether plan and apply log in apart."""
        return any(one.role.split for one in self.access)

    @property
    def who(self) -> tuple[str, ...]:
        """The workspaces, as people call them."""
        if self.workspaces:
            return tuple(f"{self.organization}/{name}" for name in self.workspaces)
        return (f"{self.organization}/* (project {self.project})",)

    def login_role(self, spec: str) -> Phased:
        """The JWT roles that its runs log in with."""
        plan, apply = (contract.team_policy(spec, self.team, self._name(phase)) for phase in ("plan", "apply"))
        return Phased(plan, apply)

    def logins(self) -> Iterator[Login]:
        """One login, or one for each phase of a run: which of them a run can use is for its token to prove."""
        for phase in ("plan", "apply") if self.split else ("",):
            roles = {role for one in self.access for role in _of_phase(one.role, phase)}
            yield Login(
                method="jwt",
                mount=self.mount,
                name=self._name(phase),
                roles=tuple(sorted(roles)),
                create_mount=True,
                token_ttl=self.token_ttl,
                role=self._role(phase),
                config=self.config,
                workspaces=self.who,
            )

    def _role(self, phase: str) -> dict[str, Any]:
        """The JWT role's own fields, in the API's words."""
        return {
            "role_type": "jwt",
            "user_claim": "terraform_full_workspace",
            "bound_audiences": [self.audience],
            "bound_subject": "",
            "bound_claims_type": "string",
            "bound_claims": self.claims(phase),
        }

    def claims(self, phase: str = "") -> dict[str, list[str]]:
        """What a run's token must say, any of each list."""
        named = {
            "terraform_organization_name": (self.organization,),
            "terraform_project_name": (self.project,),
            "terraform_project_id": (self.project_id,),
            "terraform_workspace_name": self.workspaces,
            "terraform_workspace_id": self.workspace_ids,
            "terraform_run_phase": (phase,),
        }
        return {claim: list(values) for claim, values in named.items() if any(values)}

    def _name(self, phase: str) -> str:
        """Readable, and unlike that of any other connection: a digest tells apart what the readable part doesn't."""
        digest = hashlib.sha256(self.key.encode()).hexdigest()[:8]
        slug = re.sub(r"[^a-z0-9]+", "-", self.place.lower()).strip("-")[:SLUG].strip("-")
        return "-".join(filter(None, ("tfe", slug, digest, phase if self.split else "")))

    def narrowed(self, team: Team) -> Connection | None:
        """With the roles alone that the team still has; None where it has none of them."""
        left = tuple(one for one in self.access if {one.role.plan, one.role.apply} <= set(team.roles))
        return replace(self, access=left) if left else None


Connections: TypeAlias = tuple[Connection, ...]


def connected(spec: Spec, connections: Sequence[Connection]) -> Spec:
    """The spec with its connections' logins beside the teams' own."""
    return replace(spec, teams=tuple(_with_logins(team, connections) for team in spec.teams))


def dangling(spec: Spec, connections: Sequence[Connection]) -> Iterator[str]:
    """What can't be kept of them since the spec has changed, in words."""
    teams = {team.name: team for team in spec.teams}
    for one in connections:
        team = teams.get(one.team)
        if team is None:
            yield f"{one.place} is connected for team {one.team!r}, which the spec no longer has: disconnect it."
        elif one.narrowed(team) != one:
            gone = sorted({r for a in one.access for r in (a.role.plan, a.role.apply)} - set(team.roles))
            yield (
                f"{one.place} is connected with {', '.join(gone)}, which team {team.name!r} no longer has: connect it "
                "with others, or disconnect it."
            )


def _with_logins(team: Team, connections: Sequence[Connection]) -> Team:
    own = [kept for one in connections if one.team == team.name and (kept := one.narrowed(team))]
    return replace(team, logins=(*team.logins, *(login for one in own for login in one.logins())))


def _of_phase(role: Phased, phase: str) -> tuple[str, ...]:
    return {"plan": (role.plan,), "apply": (role.apply,)}.get(phase, (role.plan, role.apply))
