"""Starting runs in workspaces that were given credentials, and seeing them to their end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from consumer import notes
from vault_aws_kit.errors import TfeRunFailed, TfeRunWaits
from vault_aws_kit.tfe import runs

if TYPE_CHECKING:
    from vault_aws_kit.tfe.client import Tfe
    from vault_aws_kit.tfe.organization import Workspace
    from vault_aws_kit.tfe.runs import Run

SHORTEST, LONGEST = 1.0, 10.0  # seconds between two looks


def start_all(tfe: Tfe, workspaces: Sequence[Workspace], message: str) -> list[tuple[Workspace, Run]]:
    """One run for each workspace."""
    started = []
    for one in workspaces:
        run = runs.start(tfe, one, message)
        notes.tell(f"Started run {run.id} of workspace {one.name}: {runs.page(tfe, one, run)}")
        started.append((one, run))
    return started


def follow_all(tfe: Tfe, started: Sequence[tuple[Workspace, Run]]) -> list[tuple[Workspace, Run]]:
    """The same runs once each has ended or waits for somebody. Whoever stops looking leaves them to go on."""
    try:
        return [(one, _followed(tfe, one, run)) for one, run in started]
    except KeyboardInterrupt:
        for one, run in started:
            notes.tell(f"Run {run.id} goes on: {runs.page(tfe, one, run)}")
        raise


def check(tfe: Tfe, ended: Sequence[tuple[Workspace, Run]]) -> None:
    """Raise TfeRunFailed where a run failed, else TfeRunWaits where one waits for somebody."""
    for outcome, error, hint in (
        ("failed", TfeRunFailed, "Its page says why."),
        ("waits", TfeRunWaits, "Confirm or discard it on its page, while the credentials hold."),
    ):
        told = [f"{run.id} of workspace {one.name} is {run.status}" for one, run in ended if run.outcome == outcome]
        if told:
            pages = ", ".join(runs.page(tfe, one, run) for one, run in ended if run.outcome == outcome)
            raise error(f"Run {'; run '.join(told)}: {pages}", hint=hint)


def _followed(tfe: Tfe, one: Workspace, run: Run) -> Run:
    pause = SHORTEST
    while not run.outcome:
        time.sleep(pause)
        now = runs.read(tfe, run)
        if now.status != run.status:
            notes.tell(f"{one.name}: {now.status}")
            pause = SHORTEST
        else:
            pause = min(pause * 1.5, LONGEST)
        run = now
    return run
