"""Which workspaces and variable set are meant."""

from __future__ import annotations

from dataclasses import dataclass

from consumer import notes
from vault_aws_kit.errors import TfeRefused
from vault_aws_kit.tfe import locks, organization
from vault_aws_kit.tfe.client import Tfe
from vault_aws_kit.tfe.organization import Workspace


@dataclass(frozen=True)
class Targets:
    """Workspaces by name, by tags (those that have all of them) and by project, of one organisation.

    With a `varset` that is what is written, and workspaces and projects are what it is attached to.
    """

    organization: str
    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    varset: str = ""

    @property
    def empty(self) -> bool:
        return not (self.names or self.tags or self.projects)

    def workspaces(self, tfe: Tfe) -> list[Workspace]:
        """All that are meant, each once; those of the projects too, unless a variable set is attached to these.

        Raises TfeNotFound.
        """
        found = [organization.workspace(tfe, self.organization, name) for name in self.names]
        if self.tags:
            found += organization.tagged(tfe, self.organization, self.tags)
        for name in () if self.varset else self.projects:
            found += organization.of_project(tfe, self.organization, name)
        return list({one.id: one for one in found}.values())


def check(tfe: Tfe, workspaces: list[Workspace], *, writing: bool = True, running: bool = False) -> None:
    """Raise, before anything is done, what would stop it: TfeRefused, TfeConflict for a workspace that is locked."""
    for one in workspaces:
        allowed = {
            "write variables of": one.may_write_variables or not writing,
            "lock": one.may_lock or not writing,
            "start runs of": one.may_run or not running,
        }
        for action, may in allowed.items():
            if not may:
                raise _not_allowed(tfe, one, action)
        if one.local:
            notes.tell(f"Workspace {one.name} has execution mode local: its variables reach nobody's runs.")
        if writing and one.locked:  # a list doesn't tell by whom
            locks.check_unlocked(organization.workspace(tfe, one.organization, one.name))


def _not_allowed(tfe: Tfe, one: Workspace, action: str) -> TfeRefused:
    return TfeRefused(
        f"The token from {tfe.token.source} may not {action} workspace {one.name}. Nothing was changed.",
        hint="Use a token of a team with write access to it.",
    )
