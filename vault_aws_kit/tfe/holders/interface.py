"""What every holder of variables can do, and how one variable is written without knowing whether an answer got lost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from vault_aws_kit.errors import TfeNotFound, TfeRefused, TfeUnavailable
from vault_aws_kit.tfe.client import Tfe

Category = Literal["env", "terraform"]


@dataclass(frozen=True)
class Wanted:
    """A variable as it shall be."""

    key: str
    value: str = field(repr=False)
    sensitive: bool = False
    description: str = ""
    category: Category = "env"
    hcl: bool = False


@dataclass(frozen=True)
class Variable:
    """A variable as it is. `value` is None where it is sensitive: it can never be read back."""

    id: str
    key: str
    category: str
    sensitive: bool
    description: str = ""
    value: str | None = field(default=None, repr=False)
    hcl: bool = False


class Holder(ABC):
    """A workspace or a variable set. Keys are unique in it for each category."""

    tfe: Tfe

    @property
    @abstractmethod
    def place(self) -> str:
        """What a person calls it: "workspace web"."""

    @abstractmethod
    def variables(self) -> list[Variable]:
        """All of its own variables, none that it inherits."""

    @abstractmethod
    def _create(self, wanted: Wanted) -> None:
        """Make a variable, in one try."""

    @abstractmethod
    def _update(self, variable: Variable, wanted: Wanted) -> None:
        """Write all of a variable anew. Its category can't be changed, nor can a sensitive one be made readable."""

    @abstractmethod
    def _delete(self, variable: Variable) -> None:
        """Delete a variable. Raises TfeNotFound."""

    def put(self, wanted: Wanted, found: Variable | None = None) -> None:
        """Create a variable, or write the one that was found anew; where that can't be done, replace it."""
        if found and (found.category != wanted.category or (found.sensitive and not wanted.sensitive)):
            self.delete(found)
            found = None
        if found:
            self._update(found, wanted)
            return
        try:
            self._create(wanted)
        except TfeUnavailable:  # it may have been made all the same, and a second of that key is refused
            if not self._has(wanted):
                self._create(wanted)

    def delete(self, variable: Variable) -> None:
        """Delete a variable; one that is gone already is fine. Raises TfeRefused where it is still there."""
        try:
            self._delete(variable)
        except TfeNotFound:
            if any(other.id == variable.id for other in self.variables()):
                raise TfeRefused(
                    f"The token from {self.tfe.token.source} may not delete {variable.key} of {self.place}.",
                    hint="Use a token that may write its variables.",
                ) from None

    def _has(self, wanted: Wanted) -> bool:
        found = find(self.variables(), wanted.key, wanted.category)
        return found is not None and found.description == wanted.description


def find(variables: Sequence[Variable], key: str, category: str = "env") -> Variable | None:
    """The variable of that key and category."""
    return next((one for one in variables if (one.key, one.category) == (key, category)), None)
