"""Starting a run, and what its states mean.

https://developer.hashicorp.com/terraform/cloud-docs/api-docs/run#run-states
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from vault_aws_kit.errors import TfeNotFound, TfeRefused, TfeUnavailable
from vault_aws_kit.tfe.client import Tfe
from vault_aws_kit.tfe.organization import Workspace

Outcome = Literal["done", "failed", "waits", ""]

_DONE = ("applied", "planned_and_finished")
_FAILED = ("errored", "canceled", "force_canceled", "discarded", "policy_soft_failed")
_WAITS = ("policy_override", "tf_policy_override", "post_plan_awaiting_decision", "planned_and_saved")


@dataclass(frozen=True)
class Run:
    """A run and its state; `confirmable` is whether it waits for somebody to confirm its plan.

    One that applies by itself waits for nobody, though it passes through states in which it could be confirmed.
    """

    id: str
    status: str
    confirmable: bool = False

    @property
    def outcome(self) -> Outcome:
        """How it ended, or that it waits for somebody; '' while it goes on."""
        if self.status in _DONE:
            return "done"
        if self.status in _FAILED:
            return "failed"
        return "waits" if self.confirmable or self.status in _WAITS else ""


def start(tfe: Tfe, of: Workspace, message: str) -> Run:
    """Start a run with the configuration that the workspace used last. It is tried once: a lost answer may be a run.

    Raises TfeRefused, TfeInvalid for a workspace that has no configuration, TfeUnavailable.
    """
    from pytfe.models import RunCreateOptions
    from pytfe.models import Workspace as RunsWorkspace

    options = RunCreateOptions(workspace=RunsWorkspace.model_construct(id=of.id), message=message)
    try:
        made = tfe.ask(
            f"start a run of workspace {of.name}", lambda client: client.runs.create(options), repeatable=False
        )
    except TfeNotFound:
        raise TfeRefused(
            f"The token from {tfe.token.source} may not start runs of workspace {of.name}.",
            hint="Use a user's or a team's token that may (an organisation's token never may).",
        ) from None
    except TfeUnavailable as error:
        raise TfeUnavailable(
            f"{error.message} Nobody knows whether the run was started.", hint=f"Look at {page(tfe, of)}/runs first."
        ) from None
    return _run_of(made)


def read(tfe: Tfe, run: Run) -> Run:
    """The same run as it is now."""
    return _run_of(tfe.ask(f"read run {run.id}", lambda client: client.runs.read(run.id)))


def page(tfe: Tfe, of: Workspace, run: Run | None = None) -> str:
    """Where a person sees a workspace, or one of its runs."""
    place = f"{tfe.settings.address}/app/{of.organization}/workspaces/{of.name}"
    return f"{place}/runs/{run.id}" if run else place


def _run_of(found: Any) -> Run:
    return Run(
        id=found.id,
        status=found.status.value if found.status else "",
        confirmable=bool(found.actions and found.actions.is_confirmable) and not found.auto_apply,
    )
