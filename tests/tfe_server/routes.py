"""The requests that are answered, each as its page documents it. What a token may not do is not found: 404."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import documents
from .state import Account, Organization, Project, Run, State, Vars, VarSet, Workspace, invalid, not_found

Answer = tuple[int, Any]
Handler = Callable[..., Answer]
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


@dataclass(frozen=True)
class Request:
    """A request of somebody whose token is known."""

    state: State
    account: Account
    organizations: frozenset[str]
    query: Mapping[str, str]
    body: Any
    page_limit: int

    @property
    def attributes(self) -> Mapping[str, Any]:
        return self.body["data"].get("attributes") or {}

    def organization(self, name: str) -> Organization:
        if name not in self.organizations or name not in self.state.organizations:
            raise not_found()
        return self.state.organizations[name]

    def workspace(self, key: str, *needs: str) -> tuple[Organization, Workspace]:
        for organization, one in self.state.all_workspaces():
            if one.id == key and self.sees(organization, one) and self.account.may.issuperset(needs):
                return organization, one
        raise not_found()

    def varset(self, key: str, *needs: str) -> tuple[Organization, VarSet]:
        for organization, one in self.state.all_varsets():
            if one.id == key and organization.name in self.organizations and self.account.may.issuperset(needs):
                return organization, one
        raise not_found()

    def sees(self, organization: Organization, one: Workspace) -> bool:
        return organization.name in self.organizations and (self.account.sees is None or one.name in self.account.sees)

    def page(self, items: Sequence[Any]) -> Answer:
        """A page of a list, with the links and the meta that the API documents."""
        size = min(int(self.query.get("page[size]") or 20), self.page_limit)
        number = int(self.query.get("page[number]") or 1)
        last = max(1, -(-len(items) // size))
        pagination = {
            "current-page": number,
            "page-size": size,
            "prev-page": number - 1 if number > 1 else None,
            "next-page": number + 1 if number < last else None,
            "total-pages": last,
            "total-count": len(items),
        }
        return 200, {"data": items[(number - 1) * size : number * size], "meta": {"pagination": pagination}}


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """`:name` in a path is one part of it."""
    pattern = re.compile("/api/v2" + re.sub(r":(\w+)", r"(?P<\1>[^/]+)", path))

    def add(handler: Handler) -> Handler:
        ROUTES.append((method, pattern, handler))
        return handler

    return add


def handle(method: str, path: str, request: Request) -> Answer:
    for verb, pattern, handler in ROUTES:
        if verb == method and (found := pattern.fullmatch(path)):
            return handler(request, **found.groupdict())
    raise not_found()


# ── workspaces ──────────────────────────────────────────────────────────────────────────────────


@route("GET", "/organizations/:org/workspaces")
def list_workspaces(request: Request, org: str) -> Answer:
    organization = request.organization(org)
    found = [one for one in organization.workspaces if request.sees(organization, one) and _asked(request, one)]
    return request.page([documents.workspace(one, organization, request.account) for one in found])


def _asked(request: Request, one: Workspace) -> bool:
    query = request.query
    tags = [tag for tag in query.get("search[tags]", "").split(",") if tag]
    for name, key in query.items():
        if found := re.fullmatch(r"filter\[tagged\]\[(\d+)\]\[key\]", name):
            value = query.get(f"filter[tagged][{found[1]}][value]")
            tags.append(f"{key}={value}" if value else key)
    in_project = query.get("filter[project][id]") in (None, one.project.id)
    return in_project and set(tags) <= set(one.tags) and query.get("search[name]", "") in one.name


@route("GET", "/organizations/:org/workspaces/:name")
def show_workspace(request: Request, org: str, name: str) -> Answer:
    organization = request.organization(org)
    for one in organization.workspaces:
        if one.name == name and request.sees(organization, one):
            document = {"data": documents.workspace(one, organization, request.account)}
            if "locked_by" in request.query.get("include", ""):
                document["included"] = documents.included_locker(one)
            return 200, document
    raise not_found()


@route("GET", "/workspaces/:key")
def show_workspace_by_id(request: Request, key: str) -> Answer:
    organization, one = request.workspace(key)
    return 200, {"data": documents.workspace(one, organization, request.account)}


@route("POST", "/workspaces/:key/actions/lock")
def lock(request: Request, key: str) -> Answer:
    organization, one = request.workspace(key, "lock")
    one.lock_by(request.account, (request.body or {}).get("reason") or "")
    return 200, {"data": documents.workspace(one, organization, request.account)}


@route("POST", "/workspaces/:key/actions/unlock")
def unlock(request: Request, key: str) -> Answer:
    organization, one = request.workspace(key, "lock")
    one.unlock_by(request.account)
    return 200, {"data": documents.workspace(one, organization, request.account)}


# ── variables ───────────────────────────────────────────────────────────────────────────────────


def _variables(kind: str, path: str, item: str, find: Callable[..., Vars]) -> None:
    """The four requests of a holder's variables."""

    @route("GET", path)
    def _list(request: Request, key: str) -> Answer:
        return 200, {"data": [documents.variable(one, kind, key) for one in find(request, key, "read-variables").items]}

    @route("POST", path)
    def _create(request: Request, key: str) -> Answer:
        made = find(request, key, "write-variables").create(request.attributes)
        return 201 if kind == "workspaces" else 200, {"data": documents.variable(made, kind, key)}

    @route("PATCH", item)
    def _update(request: Request, key: str, var: str) -> Answer:
        changed = find(request, key, "write-variables").update(var, request.attributes)
        return 200, {"data": documents.variable(changed, kind, key)}

    @route("DELETE", item)
    def _delete(request: Request, key: str, var: str) -> Answer:
        held = find(request, key, "write-variables")
        held.items.remove(held.read(var))
        return 204, None


_variables(
    "workspaces",
    "/workspaces/:key/vars",
    "/workspaces/:key/vars/:var",
    lambda request, key, needs: request.workspace(key, needs)[1].vars,
)
_variables(
    "varsets",
    "/varsets/:key/relationships/vars",
    "/varsets/:key/relationships/vars/:var",
    lambda request, key, needs: request.varset(key, needs)[1].vars,
)


@route("GET", "/workspaces/:key/all-vars")
def list_all_variables(request: Request, key: str) -> Answer:
    """A workspace's own variables, and those of the sets that it has."""
    organization, one = request.workspace(key, "read-variables")
    inherited = [(item, "varsets", held.id) for held in organization.sets_of(one) for item in held.vars.items]
    own = [(item, "workspaces", one.id) for item in one.vars.items]
    return 200, {"data": [documents.variable(*each) for each in (*own, *inherited)]}


# ── variable sets ───────────────────────────────────────────────────────────────────────────────


@route("GET", "/organizations/:org/varsets")
def list_varsets(request: Request, org: str) -> Answer:
    organization = request.organization(org)
    found = [one for one in organization.varsets if request.query.get("q", "") in one.name]
    return request.page([documents.varset(one, organization) for one in found])


@route("POST", "/organizations/:org/varsets")
def create_varset(request: Request, org: str) -> Answer:
    organization = request.organization(org)
    if "manage-varsets" not in request.account.may:
        raise not_found()
    given = request.attributes
    if not given.get("name"):
        raise invalid("Name can't be blank")
    organization.check_free(given["name"])
    made = organization.varset(
        given["name"],
        description=given.get("description") or "",
        everywhere=bool(given.get("global")),
        priority=bool(given.get("priority")),
    )
    return 201, {"data": documents.varset(made, organization)}


@route("GET", "/varsets/:key")
def show_varset(request: Request, key: str) -> Answer:
    organization, one = request.varset(key)
    return 200, {"data": documents.varset(one, organization)}


@route("PATCH", "/varsets/:key")
def update_varset(request: Request, key: str) -> Answer:
    organization, one = request.varset(key, "manage-varsets")
    given = request.attributes
    organization.check_free(given.get("name", one.name), but=one)
    one.name = given.get("name", one.name)
    one.description = given.get("description", one.description)
    one.everywhere = given.get("global", one.everywhere)
    return 200, {"data": documents.varset(one, organization)}


@route("DELETE", "/varsets/:key")
def delete_varset(request: Request, key: str) -> Answer:
    organization, one = request.varset(key, "manage-varsets")
    organization.varsets.remove(one)
    return 204, None


@route("POST", "/varsets/:key/relationships/:kind")
def attach(request: Request, key: str, kind: str) -> Answer:
    organization, one = request.varset(key, "manage-varsets")
    held, known = _attached(one, organization, kind)
    for given in request.body["data"]:
        if given["id"] not in known:
            raise not_found()
        if known[given["id"]] not in held:
            held.append(known[given["id"]])
    return 204, None


@route("DELETE", "/varsets/:key/relationships/:kind")
def detach(request: Request, key: str, kind: str) -> Answer:
    organization, one = request.varset(key, "manage-varsets")
    held, _ = _attached(one, organization, kind)
    gone = {given["id"] for given in request.body["data"]}
    held[:] = [other for other in held if other.id not in gone]
    return 204, None


def _attached(
    one: VarSet, organization: Organization, kind: str
) -> tuple[list[Any], dict[str, Workspace] | dict[str, Project]]:
    """What a set is attached to, and what it might be, by ID."""
    if one.everywhere:
        raise invalid("Global variable sets can't be assigned")
    if kind == "workspaces":
        return one.workspaces, {other.id: other for other in organization.workspaces}
    if kind == "projects":
        return one.projects, {other.id: other for other in organization.projects}
    raise not_found()


# ── projects and runs ───────────────────────────────────────────────────────────────────────────


@route("GET", "/organizations/:org/projects")
def list_projects(request: Request, org: str) -> Answer:
    organization = request.organization(org)
    names = request.query.get("filter[names]")
    found = [one for one in organization.projects if names is None or one.name in names.split(",")]
    return request.page([documents.project(one, organization) for one in found])


@route("GET", "/projects/:key")
def show_project(request: Request, key: str) -> Answer:
    for organization in request.state.organizations.values():
        for one in organization.projects:
            if one.id == key and organization.name in request.organizations:
                return 200, {"data": documents.project(one, organization)}
    raise not_found()


@route("POST", "/runs")
def create_run(request: Request) -> Answer:
    key = request.body["data"]["relationships"]["workspace"]["data"]["id"]
    organization, one = request.workspace(key, "queue-run")
    if not one.configured:
        raise invalid("Configuration version is missing")
    made = Run(
        one, request.attributes.get("message") or "", request.account, list(one.runs_go), organization.environment(one)
    )
    one.runs.append(made)
    return 201, {"data": documents.run(made)}


@route("GET", "/runs/:key")
def show_run(request: Request, key: str) -> Answer:
    """A run, which goes on by one state whenever somebody looks."""
    for organization, one in request.state.all_workspaces():
        for run in one.runs:
            if run.id == key and request.sees(organization, one):
                run.go_on()
                return 200, {"data": documents.run(run)}
    raise not_found()
