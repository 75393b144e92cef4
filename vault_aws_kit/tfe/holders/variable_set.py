"""The variables of a variable set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_aws_kit.tfe.client import Tfe
from vault_aws_kit.tfe.holders.interface import Holder, Variable, Wanted
from vault_aws_kit.tfe.holders.workspace import attributes, variable_of

if TYPE_CHECKING:
    from vault_aws_kit.tfe.variable_sets import VariableSet


@dataclass(frozen=True)
class VariableSetVariables(Holder):
    """https://developer.hashicorp.com/terraform/cloud-docs/api-docs/variable-sets#variable-relationships"""

    tfe: Tfe
    varset: VariableSet

    @property
    def place(self) -> str:
        return f"variable set {self.varset.name}"

    def variables(self) -> list[Variable]:
        what = f"list the variables of {self.place}"
        found = self.tfe.ask(what, lambda tfe: list(tfe.variable_set_variables.list(self.varset.id)))
        return [variable_of(one) for one in found]

    def _create(self, wanted: Wanted) -> None:
        from pytfe.models import VariableSetVariableCreateOptions

        options = VariableSetVariableCreateOptions(**attributes(wanted))
        what = f"create {wanted.key} in {self.place}"
        self.tfe.ask(what, lambda tfe: tfe.variable_set_variables.create(self.varset.id, options), repeatable=False)

    def _update(self, variable: Variable, wanted: Wanted) -> None:
        from pytfe.models import VariableSetVariableUpdateOptions

        options = VariableSetVariableUpdateOptions(
            **{name: value for name, value in attributes(wanted).items() if name != "category"}
        )
        what = f"update {wanted.key} in {self.place}"
        self.tfe.ask(what, lambda tfe: tfe.variable_set_variables.update(self.varset.id, variable.id, options))

    def _delete(self, variable: Variable) -> None:
        what = f"delete {variable.key} of {self.place}"
        self.tfe.ask(what, lambda tfe: tfe.variable_set_variables.delete(self.varset.id, variable.id))
