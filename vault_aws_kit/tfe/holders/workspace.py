"""A workspace's own variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vault_aws_kit.errors import TfeNotFound, TfeRefused
from vault_aws_kit.tfe.client import Tfe
from vault_aws_kit.tfe.holders.interface import Holder, Variable, Wanted

if TYPE_CHECKING:
    from vault_aws_kit.tfe.organization import Workspace


@dataclass(frozen=True)
class WorkspaceVariables(Holder):
    """https://developer.hashicorp.com/terraform/cloud-docs/api-docs/workspace-variables"""

    tfe: Tfe
    workspace: Workspace

    @property
    def place(self) -> str:
        return f"workspace {self.workspace.name}"

    def variables(self) -> list[Variable]:
        what = f"list the variables of {self.place}"
        try:
            found = self.tfe.ask(what, lambda tfe: list(tfe.variables.list(self.workspace.id)))
        except TfeNotFound:  # the workspace itself was found before
            raise TfeRefused(
                f"The token from {self.tfe.token.source} may not read the variables of {self.place}.",
                hint="Use a token that may.",
            ) from None
        return [variable_of(one) for one in found]

    def inherited(self, own: Sequence[Variable]) -> list[Variable]:
        """What variable sets give it besides its `own`; [] where a server is too old to tell."""
        what = f"list what variable sets give {self.place}"
        try:
            found = self.tfe.ask(what, lambda tfe: list(tfe.variables.list_all(self.workspace.id)))
        except TfeNotFound:
            return []
        mine = {one.id for one in own}
        return [variable_of(one) for one in found if str(one.id) not in mine]

    def _create(self, wanted: Wanted) -> None:
        from pytfe.models import VariableCreateOptions

        options = VariableCreateOptions(**attributes(wanted))
        what = f"create {wanted.key} in {self.place}"
        self.tfe.ask(what, lambda tfe: tfe.variables.create(self.workspace.id, options), repeatable=False)

    def _update(self, variable: Variable, wanted: Wanted) -> None:
        from pytfe.models import VariableUpdateOptions

        options = VariableUpdateOptions(**attributes(wanted))
        what = f"update {wanted.key} in {self.place}"
        self.tfe.ask(what, lambda tfe: tfe.variables.update(self.workspace.id, variable.id, options))

    def _delete(self, variable: Variable) -> None:
        what = f"delete {variable.key} of {self.place}"
        self.tfe.ask(what, lambda tfe: tfe.variables.delete(self.workspace.id, variable.id))


def attributes(wanted: Wanted) -> dict[str, Any]:
    """What pytfe's options for a variable take."""
    from pytfe.models import CategoryType

    return {
        "key": wanted.key,
        "value": wanted.value,
        "description": wanted.description,
        "category": CategoryType(wanted.category),
        "sensitive": wanted.sensitive,
        "hcl": wanted.hcl,
    }


def variable_of(found: Any) -> Variable:
    """One of pytfe's variables, of a workspace or a variable set, as ours."""
    return Variable(
        id=str(found.id),
        key=str(found.key),
        category=found.category.value if found.category else "",
        sensitive=bool(found.sensitive),
        description=found.description or "",
        value=None if found.sensitive else found.value or "",
        hcl=bool(found.hcl),
    )
