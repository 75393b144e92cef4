"""An organisation's workspaces and projects, looked up by what people call them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vault_aws_kit.errors import TfeInvalid, TfeNotFound, TfeUnreadable
from vault_aws_kit.tfe.client import Tfe

if TYPE_CHECKING:
    from pytfe.models import WorkspaceListOptions

_NAME = re.compile(r"[\w-]+", re.ASCII)
"""Of organisations and workspaces: letters, digits, - and _, as the API documents."""


@dataclass(frozen=True)
class Workspace:
    """A workspace, and what the token may do with it; what the server doesn't tell is taken as allowed.

    `locked_by` is who locked it, as a person reads it: "user ann". `lock_reason` is what they gave as the reason.
    `local` is that its users run Terraform on machines of their own, which get none of its variables.
    """

    id: str
    name: str
    organization: str
    project_id: str = ""
    locked: bool = False
    locked_by: str = ""
    lock_reason: str = ""
    local: bool = False
    may_write_variables: bool = True
    may_lock: bool = True
    may_run: bool = True


@dataclass(frozen=True)
class Project:
    id: str
    name: str


def workspace(tfe: Tfe, organization: str, name: str) -> Workspace:
    """A workspace by its name. Raises TfeNotFound, which says whether it is the organisation that isn't seen."""
    from pytfe.models import WorkspaceIncludeOpt, WorkspaceReadOptions

    check_name("organisation", organization)
    check_name("workspace", name)
    options = WorkspaceReadOptions(include=[WorkspaceIncludeOpt.LOCKED_BY])
    try:
        found = tfe.ask(
            f"read workspace {name} of {organization}",
            lambda client: client.workspaces.read_with_options(name, options, organization=organization),
        )
    except TfeNotFound:
        raise _no_workspace(tfe, organization, name) from None
    return _workspace_of(found, organization)


def workspace_by_id(tfe: Tfe, organization: str, workspace_id: str) -> Workspace:
    """A workspace by what stays the same when it is renamed. Raises TfeNotFound."""
    found = tfe.ask(f"read workspace {workspace_id}", lambda client: client.workspaces.read_by_id(workspace_id))
    return _workspace_of(found, organization)


def tagged(tfe: Tfe, organization: str, tags: Sequence[str]) -> list[Workspace]:
    """The workspaces that have all of these tags, each TAG or KEY=VALUE. Raises TfeNotFound where there is none."""
    from pytfe.models import TagBinding, WorkspaceListOptions

    plain = [tag for tag in tags if "=" not in tag]
    pairs = [tag.partition("=") for tag in tags if "=" in tag]
    options = WorkspaceListOptions(
        **{"search[tags]": ",".join(plain) or None},
        tag_bindings=[TagBinding(key=key, value=value) for key, _, value in pairs],
    )
    found = _workspaces(tfe, organization, options)
    if not found:
        raise TfeNotFound(
            f"No workspace of {organization} that this token may see has the {_named('tag', tags)}.",
            hint="Check the tags on its workspaces' pages.",
        )
    return found


def of_project(tfe: Tfe, organization: str, name: str) -> list[Workspace]:
    """A project's workspaces. Raises TfeNotFound where there is no such project, or none in it."""
    from pytfe.models import WorkspaceListOptions

    options = WorkspaceListOptions(**{"filter[project][id]": project(tfe, organization, name).id})
    found = _workspaces(tfe, organization, options)
    if not found:
        raise TfeNotFound(
            f"Project {name} of {organization} has no workspace that this token may see.",
            hint="Give the token's team access to the project.",
        )
    return found


def project(tfe: Tfe, organization: str, name: str) -> Project:
    """A project by its name. Raises TfeNotFound."""
    from pytfe.models import ProjectListOptions

    check_name("organisation", organization)
    check_project(name)
    try:
        found = tfe.ask(
            f"list the projects of {organization}",
            lambda client: list(client.projects.list(organization, ProjectListOptions(name=name))),
        )
    except TfeNotFound:
        raise no_organization(tfe, organization) from None
    for one in found:
        if one.name == name:
            return Project(one.id, name)
    raise TfeNotFound(
        f"{organization} has no project {name!r} that this token may see.",
        hint="Check the name, and that the token's team has access to the project.",
    )


def project_by_id(tfe: Tfe, project_id: str) -> Project:
    """A project that a workspace said it is in. Raises TfeNotFound."""
    found = tfe.ask(f"read project {project_id}", lambda client: client.projects.read(project_id))
    return Project(str(found.id), str(found.name))


def check_name(kind: str, name: str) -> None:
    """Raises TfeInvalid for what can't be a name, before it becomes a part of a path."""
    if not _NAME.fullmatch(name):
        raise TfeInvalid(f"{name!r} can't be the name of {_article(kind)}.", hint="It has letters, digits, - and _.")


def check_project(name: str) -> None:
    """Raises TfeInvalid for what can't be a project's name."""
    if not re.fullmatch(r"[\w .-]{1,90}", name, re.ASCII):
        raise TfeInvalid(f"{name!r} can't be the name of a project.", hint="Write it as on its page.")


def no_organization(tfe: Tfe, organization: str) -> TfeNotFound:
    return TfeNotFound(
        f"{tfe.host} has no organisation {organization!r}, or the token from {tfe.token.source} may not see it: it "
        "tells nobody which.",
        hint="Check the name and the host, and that the token is of a member, or of a team of it.",
    )


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _no_workspace(tfe: Tfe, organization: str, name: str) -> TfeNotFound:
    """Which of the two is not there, as far as a token may know."""
    from pytfe.models import WorkspaceListOptions

    try:
        others = [one.name for one in _workspaces(tfe, organization, WorkspaceListOptions())]
    except TfeUnreadable:
        others = []
    near = difflib.get_close_matches(name, others, n=1)
    return TfeNotFound(
        f"{organization} has no workspace {name!r} that the token from {tfe.token.source} may see.",
        hint=f"Did you mean {near[0]!r}?" if near else "Check the name, and that the token's team has access to it.",
    )


def _workspaces(tfe: Tfe, organization: str, options: WorkspaceListOptions) -> list[Workspace]:
    check_name("organisation", organization)
    try:
        found = tfe.ask(
            f"list the workspaces of {organization}", lambda client: list(client.workspaces.list(organization, options))
        )
    except TfeNotFound:
        raise no_organization(tfe, organization) from None
    return [_workspace_of(one, organization) for one in found]


def _workspace_of(found: Any, organization: str) -> Workspace:
    """One of pytfe's workspaces as ours."""
    may = found.permissions
    related = found.relationships
    return Workspace(
        id=found.id,
        name=found.name or "",
        organization=organization,
        project_id=((related.get("project") or {}).get("data") or {}).get("id", ""),
        locked=bool(found.locked),
        locked_by=_who(found.related("locked-by")) if found.locked else "",
        lock_reason=found.locked_reason or "",
        local=bool(found.execution_mode) and found.execution_mode.value == "local",
        may_write_variables=may.can_update_variable if may else True,
        may_lock=may.can_lock if may else True,
        may_run=may.can_queue_run if may else True,
    )


def _who(related: list[dict[str, Any]]) -> str:
    """Who locked it: "user ann", "run run-abc", "" where the server doesn't tell."""
    for one in related:
        attributes = one.get("attributes") or {}
        name = attributes.get("username") or attributes.get("name") or one.get("id")
        return f"{str(one.get('type')).removesuffix('s')} {name}"
    return ""


def _named(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
