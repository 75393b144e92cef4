"""Variable sets: found by name, made, attached, renamed, deleted.

https://developer.hashicorp.com/terraform/cloud-docs/api-docs/variable-sets. Names are unique in an organisation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vault_aws_kit.errors import TfeNotFound, TfeRefused, TfeUnavailable
from vault_aws_kit.tfe.client import Tfe
from vault_aws_kit.tfe.organization import check_name, no_organization


@dataclass(frozen=True)
class VariableSet:
    """A variable set, and the IDs of what it is attached to; a global one is attached to everything."""

    id: str
    name: str
    description: str = ""
    everywhere: bool = False
    priority: bool = False
    workspaces: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


def variable_sets(tfe: Tfe, organization: str, *, named: str = "") -> list[VariableSet]:
    """An organisation's variable sets, or those whose name has `named` in it. Raises TfeNotFound."""
    from pytfe.models import VariableSetListOptions

    check_name("organisation", organization)
    options = VariableSetListOptions(query=named or None)
    try:
        found = tfe.ask(
            f"list the variable sets of {organization}",
            lambda client: list(client.variable_sets.list(organization, options)),
        )
    except TfeNotFound:
        raise no_organization(tfe, organization) from None
    return [_set_of(one) for one in found if named in (one.name or "")]


def find(tfe: Tfe, organization: str, name: str) -> VariableSet | None:
    """The variable set of that very name."""
    return next((one for one in variable_sets(tfe, organization, named=name) if one.name == name), None)


def create(
    tfe: Tfe, organization: str, name: str, *, description: str, everywhere: bool = False, priority: bool = False
) -> VariableSet:
    """Make an empty variable set that is attached to nothing. Raises TfeInvalid where the name is taken, TfeRefused."""
    from pytfe.models import VariableSetCreateOptions

    check_name("organisation", organization)
    options = VariableSetCreateOptions(
        **{"name": name, "description": description, "global": everywhere, "priority": priority or None}
    )
    try:
        made = tfe.ask(
            f"create variable set {name} in {organization}",
            lambda client: client.variable_sets.create(organization, options),
            repeatable=False,
        )
    except TfeNotFound:
        variable_sets(tfe, organization, named=name)  # raises where it is the organisation that isn't seen
        raise _not_allowed(tfe, f"create variable sets in {organization}") from None
    except TfeUnavailable:  # it may have been made all the same
        found = find(tfe, organization, name)
        if not found or found.description != description:
            raise
        return found
    return _set_of(made)


def attach(tfe: Tfe, varset: VariableSet, *, workspaces: Iterable[str] = (), projects: Iterable[str] = ()) -> None:
    """Attach a variable set to workspaces and projects, given by their IDs; those that it has already are fine."""
    from pytfe.models import (
        Project,
        VariableSetApplyToProjectsOptions,
        VariableSetApplyToWorkspacesOptions,
        Workspace,
    )

    what = f"attach variable set {varset.name}"
    if given := [Workspace.model_construct(id=one) for one in workspaces]:
        to_workspaces = VariableSetApplyToWorkspacesOptions.model_construct(workspaces=given)
        tfe.ask(what, lambda client: client.variable_sets.apply_to_workspaces(varset.id, to_workspaces))
    if wanted := [Project.model_construct(id=one) for one in projects]:
        to_projects = VariableSetApplyToProjectsOptions.model_construct(projects=wanted)
        tfe.ask(what, lambda client: client.variable_sets.apply_to_projects(varset.id, to_projects))


def detach(tfe: Tfe, varset: VariableSet, *, workspaces: Iterable[str] = (), projects: Iterable[str] = ()) -> None:
    """Take a variable set away from workspaces and projects, given by their IDs; those that lack it are fine."""
    from pytfe.models import (
        Project,
        VariableSetRemoveFromProjectsOptions,
        VariableSetRemoveFromWorkspacesOptions,
        Workspace,
    )

    what = f"detach variable set {varset.name}"
    if given := [Workspace.model_construct(id=one) for one in workspaces]:
        from_workspaces = VariableSetRemoveFromWorkspacesOptions.model_construct(workspaces=given)
        tfe.ask(what, lambda client: client.variable_sets.remove_from_workspaces(varset.id, from_workspaces))
    if held := [Project.model_construct(id=one) for one in projects]:
        from_projects = VariableSetRemoveFromProjectsOptions.model_construct(projects=held)
        tfe.ask(what, lambda client: client.variable_sets.remove_from_projects(varset.id, from_projects))


def describe(tfe: Tfe, varset: VariableSet, description: str) -> None:
    from pytfe.models import VariableSetUpdateOptions

    options = VariableSetUpdateOptions(description=description)
    tfe.ask(f"describe variable set {varset.name}", lambda client: client.variable_sets.update(varset.id, options))


def rename(tfe: Tfe, varset: VariableSet, name: str) -> None:
    from pytfe.models import VariableSetUpdateOptions

    options = VariableSetUpdateOptions(name=name)
    tfe.ask(f"rename variable set {varset.name}", lambda client: client.variable_sets.update(varset.id, options))


def delete(tfe: Tfe, varset: VariableSet) -> None:
    """Delete a variable set with its variables; one that is gone already is fine."""
    try:
        tfe.ask(f"delete variable set {varset.name}", lambda client: client.variable_sets.delete(varset.id))
    except TfeNotFound:
        _check_is_gone(tfe, varset)


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _check_is_gone(tfe: Tfe, varset: VariableSet) -> None:
    """Raises TfeRefused where a set can still be seen that the server says it can't find to delete."""
    try:
        tfe.ask(f"read variable set {varset.name}", lambda client: client.variable_sets.read(varset.id))
    except TfeNotFound:
        return
    raise _not_allowed(tfe, f"delete variable set {varset.name}")


def _not_allowed(tfe: Tfe, action: str) -> TfeRefused:
    return TfeRefused(
        f"The token from {tfe.token.source} may not {action}.", hint="Use a token that may manage variable sets."
    )


def _set_of(found: Any) -> VariableSet:
    """One of pytfe's variable sets as ours."""
    return VariableSet(
        id=str(found.id),
        name=found.name or "",
        description=found.description or "",
        everywhere=bool(found.global_),
        priority=bool(found.priority),
        workspaces=tuple(one.id for one in found.workspaces),
        projects=tuple(one.id for one in found.projects),
    )
