"""For a step of a GitHub Actions job: the steps after it get the credentials, and no log shows them.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands (masking a value, setting an
environment variable, multiline strings); what is escaped is actions/toolkit's command.ts.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from consumer import environment
from consumer.formats.interface import Format
from vault_aws_kit.errors import FormatImpossible

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials

VARIABLE = "GITHUB_ENV"


class GitHubActions(Format):
    """The text is for the runner alone: it masks what follows in it. The variables go to the file of GITHUB_ENV."""

    name: ClassVar[str] = "github-actions"

    def check(self) -> None:
        _place()

    def text(self, credentials: Credentials) -> str:
        """Also adds the variables to the runner's file. Raises FormatImpossible where there is none."""
        given = environment.variables(credentials)
        _add(dict.fromkeys(environment.stale(given), "") | given)
        hidden = [credentials.access_key_id, credentials.secret_access_key, credentials.session_token]
        return "".join(f"::add-mask::{_escaped(value)}\n" for value in hidden if value)


def _add(variables: dict[str, str]) -> None:
    """The runner can't unset a variable: an empty one is none to AWS's SDKs."""
    place = _place()
    try:
        with place.open("a", encoding="utf-8", newline="") as file:
            file.write("".join(_assignment(name, value) for name, value in variables.items()))
    except OSError as error:
        raise FormatImpossible(
            f"{place}, which {VARIABLE} names, can't be written: {error.strerror}.",
            hint="Leave the variable to GitHub's runner.",
        ) from None


def _place() -> Path:
    place = os.environ.get(VARIABLE, "")
    if not place:
        raise FormatImpossible(
            f"{VARIABLE} is not set, so this is no step of a GitHub Actions job.",
            hint="Run it in a job's `run:` step, or use another --format.",
        )
    return Path(place)


def _assignment(name: str, value: str) -> str:
    """A value ends at a line that nobody can guess, and so nobody can put into it."""
    end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
