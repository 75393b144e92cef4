"""What a Terraform Enterprise holds, and the rules by which it changes."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LETTERS = string.ascii_letters + string.digits
ALL = frozenset({"read-variables", "write-variables", "lock", "queue-run", "manage-varsets"})
FINAL = {"applied", "planned_and_finished", "errored", "canceled", "discarded", "policy_soft_failed"}
CONFIRMABLE = {"planned", "cost_estimated", "policy_checked"}
LONGEST_DESCRIPTION = 512


class Refused(Exception):
    """An answer that is an error: 404, 409 or 422."""

    def __init__(self, status: int, title: str, detail: str = "") -> None:
        super().__init__(detail or title)
        self.status, self.title, self.detail = status, title, detail


def not_found() -> Refused:
    return Refused(404, "not found")


def invalid(detail: str) -> Refused:
    return Refused(422, "invalid attribute", detail)


def new_id(kind: str) -> str:
    return f"{kind}-{''.join(secrets.choice(LETTERS) for _ in range(16))}"


@dataclass(frozen=True)
class Account:
    """Whose token it is: a user or a team, what it may do, and in which workspaces (None for all)."""

    name: str
    kind: str = "users"
    may: frozenset[str] = ALL
    sees: frozenset[str] | None = None
    id: str = field(default_factory=lambda: new_id("user"))


@dataclass
class Var:
    key: str
    value: str
    category: str
    sensitive: bool = False
    description: str = ""
    hcl: bool = False
    id: str = field(default_factory=lambda: new_id("var"))


@dataclass
class Vars:
    """Variables of one holder: each key once for each category."""

    items: list[Var] = field(default_factory=list)

    def create(self, attributes: Mapping[str, Any]) -> Var:
        _check_description(attributes)
        if not attributes.get("key") or attributes.get("category") not in ("env", "terraform"):
            raise invalid("Category is not included in the list")
        if self.find(attributes["key"], attributes["category"]):
            raise invalid("Key has already been taken")
        known = ("key", "value", "category", "sensitive", "description", "hcl")
        made = Var(**{"value": "", **{name: attributes[name] for name in known if attributes.get(name) is not None}})
        self.items.append(made)
        return made

    def update(self, var_id: str, attributes: Mapping[str, Any]) -> Var:
        found = self.read(var_id)
        _check_description(attributes)
        key, category = attributes.get("key", found.key), attributes.get("category", found.category)
        if (other := self.find(key, category)) and other is not found:
            raise invalid("Key has already been taken")
        if found.sensitive and attributes.get("sensitive") is False:
            raise invalid("Sensitive cannot be changed to false")
        for name in ("key", "value", "category", "sensitive", "description", "hcl"):
            if name in attributes:
                setattr(found, name, attributes[name])
        return found

    def read(self, var_id: str) -> Var:
        for one in self.items:
            if one.id == var_id:
                return one
        raise not_found()

    def find(self, key: str, category: str = "env") -> Var | None:
        return next((one for one in self.items if (one.key, one.category) == (key, category)), None)

    def environment(self) -> dict[str, str]:
        return {one.key: one.value for one in self.items if one.category == "env"}


@dataclass
class Project:
    name: str
    id: str = field(default_factory=lambda: new_id("prj"))


@dataclass
class Run:
    """A run; `script` is the states that it will go through, one at each look, and `environment` what it was given."""

    workspace: Workspace
    message: str
    by: Account
    script: list[str]
    environment: dict[str, str]
    status: str = "pending"
    id: str = field(default_factory=lambda: new_id("run"))

    @property
    def confirmable(self) -> bool:
        return self.status in CONFIRMABLE and (not self.script or self.workspace.auto_apply)

    def go_on(self) -> None:
        waits = self.workspace.lock is not None and self.status == "pending"
        if self.script and not waits:
            self.status = self.script.pop(0)


@dataclass
class Workspace:
    """A workspace; `lock` is who locked it by hand and why, and `nulls` makes list attributes null in its documents."""

    name: str
    project: Project
    tags: tuple[str, ...] = ()
    vars: Vars = field(default_factory=Vars)
    lock: tuple[Account, str] | None = None
    runs: list[Run] = field(default_factory=list)
    auto_apply: bool = False
    execution_mode: str = "remote"
    runs_go: tuple[str, ...] = ("planning", "planned", "applying", "applied")
    configured: bool = True
    nulls: bool = False
    id: str = field(default_factory=lambda: new_id("ws"))

    @property
    def active_run(self) -> Run | None:
        """The run that holds the workspace's lock."""
        return next((run for run in self.runs if run.status not in FINAL and run.status != "pending"), None)

    @property
    def locked(self) -> bool:
        return self.lock is not None or self.active_run is not None

    def lock_by(self, account: Account, reason: str) -> None:
        if self.locked:
            raise Refused(409, "conflict", "Unable to lock workspace. The workspace is already locked.")
        self.lock = (account, reason)

    def unlock_by(self, account: Account, *, force: bool = False) -> None:
        if not self.locked:
            raise Refused(409, "conflict", "Unable to unlock workspace. The workspace is already unlocked.")
        if self.active_run:
            raise Refused(409, "conflict", f"Unable to unlock. The workspace is locked by Run {self.active_run.id}.")
        owner = self.lock[0]
        if owner != account and not force:
            kind = owner.kind.removesuffix("s").capitalize()
            raise Refused(409, "conflict", f"Unable to unlock. The workspace is locked by {kind} {owner.name}.")
        self.lock = None


@dataclass
class VarSet:
    name: str
    description: str = ""
    everywhere: bool = False
    priority: bool = False
    vars: Vars = field(default_factory=Vars)
    workspaces: list[Workspace] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    id: str = field(default_factory=lambda: new_id("varset"))


@dataclass
class Organization:
    name: str
    projects: list[Project] = field(default_factory=lambda: [Project("Default Project")])
    workspaces: list[Workspace] = field(default_factory=list)
    varsets: list[VarSet] = field(default_factory=list)

    # ── what tests set up ────────────────────────────────────────────────────────────────────────

    def project(self, name: str) -> Project:
        self.projects.append(Project(name))
        return self.projects[-1]

    def workspace(self, name: str, *tags: str, project: Project | None = None, **settings: Any) -> Workspace:
        self.workspaces.append(Workspace(name, project or self.projects[0], tags, **settings))
        return self.workspaces[-1]

    def varset(self, name: str, **settings: Any) -> VarSet:
        self.varsets.append(VarSet(name, **settings))
        return self.varsets[-1]

    # ── rules ────────────────────────────────────────────────────────────────────────────────────

    def check_free(self, name: str, but: VarSet | None = None) -> None:
        if any(one.name == name and one is not but for one in self.varsets):
            raise invalid("Name has already been taken")

    def sets_of(self, workspace: Workspace) -> list[VarSet]:
        """The sets that a workspace has, the ones that win last: by scope, and then by name, the first winning."""
        scopes = (
            [one for one in self.varsets if one.everywhere],
            [one for one in self.varsets if workspace.project in one.projects],
            [one for one in self.varsets if workspace in one.workspaces],
        )
        return [one for scope in scopes for one in sorted(scope, key=lambda one: one.name, reverse=True)]

    def environment(self, workspace: Workspace) -> dict[str, str]:
        """What a run of this workspace is given as its environment."""
        layers = [one.vars.environment() for one in self.sets_of(workspace)]
        return {key: value for layer in (*layers, workspace.vars.environment()) for key, value in layer.items()}


@dataclass
class State:
    """Organisations by name, and accounts by their token."""

    organizations: dict[str, Organization] = field(default_factory=dict)
    accounts: dict[str, tuple[Account, frozenset[str]]] = field(default_factory=dict)

    def organization(self, name: str) -> Organization:
        return self.organizations.setdefault(name, Organization(name))

    def token(self, account: Account, *organizations: str) -> str:
        """A token of an account that is a member of these organisations."""
        token = f"{secrets.token_hex(7)}.atlasv1.{secrets.token_hex(30)}"
        self.accounts[token] = (account, frozenset(organizations))
        return token

    def all_workspaces(self) -> Iterable[tuple[Organization, Workspace]]:
        return ((org, one) for org in self.organizations.values() for one in org.workspaces)

    def all_varsets(self) -> Iterable[tuple[Organization, VarSet]]:
        return ((org, one) for org in self.organizations.values() for one in org.varsets)


def _check_description(attributes: Mapping[str, Any]) -> None:
    if len(attributes.get("description") or "") > LONGEST_DESCRIPTION:
        raise invalid(f"Description is too long (maximum is {LONGEST_DESCRIPTION} characters)")
