"""`consumer tfe push`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from consumer import completion, session
from consumer.commands.tfe.options import server_options, target_options
from consumer.options import parameter_options, team_option, wait_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.issue import Parameters
    from consumer.tfe.change import Asked
    from consumer.tfe.issuing import Issuing
    from consumer.tfe.label import Label
    from consumer.tfe.push import Pushed
    from consumer.tfe.targets import Targets
    from vault_aws_kit.tfe.client import Tfe
    from vault_aws_kit.tfe.organization import Workspace
    from vault_aws_kit.tfe.runs import Run


@click.command()
@target_options
@click.option(
    "--role",
    metavar="[ENGINE/]ROLE",
    default="",
    shell_complete=completion.roles,
    help="Role of Vault's to get credentials of.",
)
@click.option(
    "--mfa",
    is_flag=True,
    help="Instead, a session by your own AWS key and a code of your MFA device: of 12h, else --ttl.",
)
@click.option("--profile", metavar="NAME", default="", help="AWS profile of the long-lived key (--mfa).")
@click.option("--serial", metavar="ARN", default="", help="MFA device; else mfa_serial, or the only one (--mfa).")
@click.option(
    "--confirm-destroy", is_flag=True, help="Set CONFIRM_DESTROY=1 too, which old Terraform Enterprise asks for."
)
@click.option("--force", is_flag=True, help="Overwrite variables that are of another kind, or in the way.")
@click.option("--run", "running", is_flag=True, help="Start a run in each workspace then, and see it to its end.")
@click.option("--message", metavar="TEXT", default="Started by consumer tfe push", help="What the run says of itself.")
@terminal.format_option("text", "json")
@parameter_options
@wait_option
@team_option
@server_options
@terminal.vault_options
def command(
    targets: Targets,
    role: str,
    mfa: bool,
    profile: str,
    serial: str,
    confirm_destroy: bool,
    force: bool,
    running: bool,
    message: str,
    output: str,
    asked: Parameters,
    wait: int,
    team: str,
    server: Callable[[], Tfe],
    vault: terminal.VaultOptions,
) -> int:
    """Put fresh credentials into workspaces, or into a variable set, as AWS_… environment variables.

    The secrets are sensitive: nobody reads them back. Should anything fail, nothing of them stays.
    """
    from consumer.tfe import origins
    from consumer.tfe.change import Asked
    from vault_aws_kit import stopping

    _check(role, asked, targets, mfa=mfa, running=running)
    with ExitStack() as stack:
        tfe, step = stack.enter_context(server()), stack.enter_context(terminal.progress())
        if mfa:
            issuing = origins.mfa(profile, serial, asked, team, vault)
        else:
            issuing = stack.enter_context(origins.role(role, asked, wait, team, vault, step))
        replaced: list[Label] = []
        try:
            with stopping.in_order():
                changing = Asked(asked.region, confirm_destroy, force)
                workspaces, pushed = _push(tfe, targets, issuing, changing, replaced, running=running)
        finally:
            _end(replaced, vault, team)
        started = _start(tfe, workspaces, message) if running else []
        return _report(tfe, pushed, started, output)


def _check(role: str, asked: Parameters, targets: Targets, *, mfa: bool, running: bool) -> None:
    from vault_aws_kit.mfa import LONGEST, SHORTEST

    if bool(role) == mfa:
        which = "--role ROLE or --mfa, not both" if mfa else "--role ROLE, or --mfa"
        raise click.UsageError(f"Say where the credentials come from: {which}.")
    if running and targets.varset and targets.empty:
        raise click.UsageError("--run needs workspaces to start runs in.")
    if mfa and asked.ttl and not SHORTEST <= asked.ttl <= LONGEST:
        raise click.UsageError("AWS gives a session of 15m to 36h: correct --ttl.")


def _push(
    tfe: Tfe, targets: Targets, issuing: Issuing, asked: Asked, replaced: list[Label], *, running: bool
) -> tuple[list[Workspace], Pushed]:
    """`replaced` gets the labels of what is there no more, also where it fails."""
    from consumer.tfe import push, push_set
    from consumer.tfe.targets import check
    from vault_aws_kit.tfe import organization

    workspaces = targets.workspaces(tfe)
    check(tfe, workspaces, writing=not targets.varset, running=running)
    if not targets.varset:
        return workspaces, push.push(tfe, workspaces, issuing, asked, replaced.append)
    push_set.check_attached(tfe, workspaces, targets.varset, asked)
    to = push_set.Attachments(
        tuple(one.id for one in workspaces),
        tuple(organization.project(tfe, targets.organization, name).id for name in targets.projects),
    )
    pushed = push_set.push(tfe, targets.organization, targets.varset, to, issuing, asked)
    replaced += pushed.replaced
    return workspaces, pushed


def _end(replaced: list[Label], vault: terminal.VaultOptions, team: str) -> None:
    """Revoke what was there before, where nobody has it any more."""
    from consumer.tfe import endings

    endings.end_all(replaced, lambda: session.connect(vault, team))


def _start(tfe: Tfe, workspaces: list[Workspace], message: str) -> list[tuple[Workspace, Run]]:
    from consumer.tfe import follow

    return follow.start_all(tfe, workspaces, message)


def _report(tfe: Tfe, pushed: Pushed, started: list[tuple[Workspace, Run]], output: str) -> int:
    from consumer.tfe import follow, status

    if output == "text":
        for place in pushed.places:
            removed = f"; removed {', '.join(place.removed)}" if place.removed else ""
            terminal.emit(f"Pushed {', '.join(place.keys)} to {place.place}{removed}.")
        terminal.emit(f"Key {pushed.label.key} of {pushed.label.origin} is good {status.life(pushed.label)}.")
    ended = follow.follow_all(tfe, started)
    if output == "json":
        terminal.emit_json(_json(tfe, pushed, ended))
    else:
        for one, run in ended:
            terminal.emit(f"Run {run.id} of workspace {one.name}: {run.status}.")
    follow.check(tfe, ended)
    return 0


def _json(tfe: Tfe, pushed: Pushed, ended: list[tuple[Workspace, Run]]) -> dict[str, Any]:
    from vault_aws_kit import clock
    from vault_aws_kit.tfe import runs

    label = pushed.label
    return {
        "access_key_id": label.key,
        "origin": label.origin,
        "expires": clock.timestamp(label.until) if label.until else None,
        "lease_id": label.lease or None,
        "places": [
            {"place": one.place, "written": list(one.keys), "removed": list(one.removed)} for one in pushed.places
        ],
        "runs": [
            {"id": run.id, "workspace": one.name, "status": run.status, "url": runs.page(tfe, one, run)}
            for one, run in ended
        ],
    }
