"""Where a connection's variables are in Terraform: looked up, planned and written there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from producer.connect.connection import Connection
from producer.connect.judging import overriding, static_keys, variable_actions
from producer.connect.marks import described, mark_of
from producer.connect.tfe_resources import TfeVariable, TfeVariableSet
from producer.diff import Action
from producer.owned import fingerprint
from vault_aws_kit.errors import TfeConflict, TfeNotFound
from vault_aws_kit.tfe import organization, variable_sets
from vault_aws_kit.tfe.holders.interface import Holder, Variable, Wanted, find
from vault_aws_kit.tfe.holders.variable_set import VariableSetVariables
from vault_aws_kit.tfe.holders.workspace import WorkspaceVariables
from vault_aws_kit.tfe.organization import Project, Workspace
from vault_aws_kit.vault import Body

if TYPE_CHECKING:
    from vault_aws_kit.tfe.client import Tfe
    from vault_aws_kit.tfe.variable_sets import VariableSet

Progress = Callable[[Action], None]


@dataclass(frozen=True)
class Located:
    """A connection with what it names: `project` is None where its workspaces are of several, or of none."""

    connection: Connection
    workspaces: tuple[Workspace, ...]
    project: Project | None


@dataclass(frozen=True)
class Seen:
    """A connection's place as it is. `holder` is None where there is none: no set yet, a deleted workspace."""

    located: Located
    holder: Holder | None
    varset: VariableSet | None
    variables: tuple[Variable, ...]

    @property
    def connection(self) -> Connection:
        return self.located.connection


def locate(connection: Connection, tfe: Tfe) -> Located:
    """The connection with its IDs and its project, as the server knows them.

    Raises TfeNotFound, TfeConflict for a workspace of another project than the one that was named.
    """
    org = connection.organization
    found = tuple(organization.workspace(tfe, org, name) for name in connection.workspaces)
    project = _project(connection, found, tfe)
    if project and connection.project:
        for one in found:
            if one.project_id != project.id:
                raise TfeConflict(
                    f"Workspace {one.name} of {org} is not in project {project.name!r}.",
                    hint="Correct --project, or leave it out: it is looked up.",
                )
    known = replace(
        connection,
        workspaces=tuple(one.name for one in found),
        workspace_ids=tuple(one.id for one in found),
        project=project.name if project else "",
        project_id=project.id if project else "",
    )
    return Located(known, found, project)


def found_again(connection: Connection, tfe: Tfe) -> Located:
    """No more than it takes to find the variables of a connection that is to go. Raises TfeNotFound.

    A workspace is found by its ID, where that is known: it may have another name by now, and its name be another's.
    """
    org = connection.organization
    if connection.varset:
        found: list[Workspace] = []
    elif connection.workspace_ids:
        found = [organization.workspace_by_id(tfe, org, one) for one in connection.workspace_ids]
    else:
        found = [organization.workspace(tfe, org, one) for one in connection.workspaces]
    return Located(connection, tuple(found), None)


def look(located: Located, tfe: Tfe) -> Seen:
    """What is there now."""
    connection = located.connection
    if not connection.varset:
        holder: Holder = WorkspaceVariables(tfe, located.workspaces[0])
        return Seen(located, holder, None, tuple(holder.variables()))
    varset = variable_sets.find(tfe, connection.organization, connection.varset)
    if varset is None:
        return Seen(located, None, None, ())
    holder = VariableSetVariables(tfe, varset)
    return Seen(located, holder, varset, tuple(holder.variables()))


def gone(connection: Connection) -> Seen:
    """A place that is there no more."""
    return Seen(Located(connection, (), None), None, None, ())


def in_the_way(seen: Seen, wanted: Mapping[str, str], tfe: Tfe) -> list[str]:
    """What would keep runs from what they are to get, in words: a workspace's own variables, and what sets give it."""
    told = [static_keys(seen.connection.place, seen.variables)]
    known = {one.id for one in seen.variables}
    for one in _whose_runs(seen.located, tfe):
        name, holder = f"{one.organization}/{one.name}", WorkspaceVariables(tfe, one)
        if one.local:
            told.append(f"{name} has execution mode local: no variables and no credentials reach its runs from there.")
        own: Sequence[Variable] = seen.variables
        if seen.connection.varset:
            own = holder.variables()
            told += [static_keys(name, own), overriding(name, own, wanted)]
        given = [variable for variable in holder.inherited(own) if variable.id not in known]
        told.append(static_keys(name, given, " from a variable set"))
    return [one for one in told if one]


def actions(seen: Seen, wanted: Mapping[str, str], spec: str, *, force: bool = False) -> list[Action]:
    """What brings the place to what is wanted. Raises TfeConflict for what is somebody else's, unless `force`."""
    place = seen.connection.place
    found = variable_actions(place, wanted, seen.variables, spec, force=force)
    if not seen.connection.varset:
        return found
    attached = _set_action(seen, spec, force=force)
    if attached.verb == "create":
        return [attached, *found]
    return [*found, attached]


def removal(seen: Seen, spec: str) -> list[Action]:
    """What takes away all that is ours: of a variable set that is ours, the set."""
    if seen.varset and _is_ours(seen.varset, spec):
        resource = TfeVariableSet(seen.connection.place, "")
        return [Action("delete", resource, _attached(seen), ("not needed",))]
    return variable_actions(seen.connection.place, {}, seen.variables, spec)


def carry_out(todo: Sequence[Action], seen: Seen, tfe: Tfe, spec: str, progress: Progress = lambda _: None) -> None:
    """Write what changes, in this order; a set is attached once all of its variables are there.

    A run that is stopped leaves what the next one goes on from.
    """
    for action in todo:
        if action.verb == "create" and isinstance(action.resource, TfeVariableSet):
            seen = _made(seen, action.resource, tfe, spec)
    for action in todo:
        if isinstance(action.resource, TfeVariable):
            _write(action, action.resource, seen, spec)
            progress(action)
    for action in todo:
        if isinstance(action.resource, TfeVariableSet):
            _attach(action, action.resource, seen, tfe, spec)
            progress(action)


# ── inside ───────────────────────────────────────────────────────────────────────────────────────


def _whose_runs(located: Located, tfe: Tfe) -> Sequence[Workspace]:
    """The workspaces that are connected: of a whole project those that it has now and that the token may see."""
    if located.workspaces or not located.project:
        return located.workspaces
    try:
        return organization.of_project(tfe, located.connection.organization, located.project.name)
    except TfeNotFound:
        return ()


def _project(connection: Connection, found: Sequence[Workspace], tfe: Tfe) -> Project | None:
    if connection.project:
        return organization.project(tfe, connection.organization, connection.project)
    ids = {one.project_id for one in found}
    only = ids.pop() if len(ids) == 1 else ""
    return organization.project_by_id(tfe, only) if only else None


def _set_action(seen: Seen, spec: str, *, force: bool) -> Action:
    located, varset = seen.located, seen.varset
    whole = not located.connection.workspaces
    resource = TfeVariableSet(
        located.connection.place,
        "",
        workspaces=tuple(one.name for one in located.workspaces),
        projects=(located.project.name,) if whole and located.project else (),
    )
    if varset is None:
        return Action("create", resource, None, ("new",))
    _check_set(varset, spec, force=force)
    before = _attached(seen)
    if not _is_ours(varset, spec):  # it keeps what it is attached to
        workspaces, projects = ({*before[kind], *resource.body()[kind]} for kind in ("workspaces", "projects"))
        resource = replace(resource, workspaces=tuple(workspaces), projects=tuple(projects))
    if before == resource.body():
        return Action("keep", resource, before)
    mark = mark_of(varset.description)
    same = mark is not None and mark.digest == fingerprint(resource.body())
    return Action("update", resource, before, ("changed there" if same else "spec",))


def _check_set(varset: VariableSet, spec: str, *, force: bool) -> None:
    if varset.everywhere:
        raise TfeConflict(
            f"Variable set {varset.name!r} is global: every workspace of the organisation would get these variables.",
            hint="Attach it to single workspaces or projects there, or name another with --varset.",
        )
    if not (_is_ours(varset, spec) or force):
        raise TfeConflict(
            f"There is a variable set {varset.name!r} already that was not made from this spec.",
            hint="Name another with --varset, or add --force to put the variables into that one.",
        )


def _attached(seen: Seen) -> Body:
    """What a set is attached to, by name where that is known here."""
    varset, located = seen.varset, seen.located
    if varset is None:
        return {}
    names = {one.id: one.name for one in located.workspaces}
    if located.project:
        names[located.project.id] = located.project.name
    return {
        "global": varset.everywhere,
        "workspaces": sorted(names.get(one, one) for one in varset.workspaces),
        "projects": sorted(names.get(one, one) for one in varset.projects),
    }


def _is_ours(varset: VariableSet, spec: str) -> bool:
    mark = mark_of(varset.description)
    return mark is not None and mark.spec == spec


def _made(seen: Seen, resource: TfeVariableSet, tfe: Tfe, spec: str) -> Seen:
    connection = seen.connection
    varset = variable_sets.create(
        tfe, connection.organization, connection.varset, description=described(spec, resource.body())
    )
    return replace(seen, varset=varset, holder=VariableSetVariables(tfe, varset))


def _write(action: Action, resource: TfeVariable, seen: Seen, spec: str) -> None:
    if seen.holder is None:
        return
    found = find(seen.variables, resource.name)
    if action.verb == "delete" and found:
        seen.holder.delete(found)
    elif action.verb in ("create", "update", "claim"):
        wanted = Wanted(resource.name, resource.value, description=described(spec, resource.body()))
        seen.holder.put(wanted, found)


def _attach(action: Action, resource: TfeVariableSet, seen: Seen, tfe: Tfe, spec: str) -> None:
    varset = seen.varset
    if varset is None:
        return
    if action.verb == "delete":
        variable_sets.delete(tfe, varset)
        return
    if action.verb not in ("create", "update"):
        return
    workspaces = [one.id for one in seen.located.workspaces]
    projects = [seen.located.project.id] if seen.located.project and not seen.connection.workspaces else []
    variable_sets.attach(tfe, varset, workspaces=workspaces, projects=projects)
    if _is_ours(varset, spec):
        more = {"workspaces": _others(varset.workspaces, workspaces), "projects": _others(varset.projects, projects)}
        variable_sets.detach(tfe, varset, **more)
        variable_sets.describe(tfe, varset, described(spec, resource.body()))


def _others(there: Iterable[str], wanted: Iterable[str]) -> list[str]:
    return [one for one in there if one not in set(wanted)]
