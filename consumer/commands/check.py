"""`consumer check`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from consumer import completion, session
from consumer.options import seconds, team_option
from vault_aws_kit import terminal


@click.command()
@click.option("--role", "names", metavar="[ENGINE/]ROLE", multiple=True, shell_complete=completion.roles,
              help="Role to look at; else all that there are.")  # fmt: skip
@click.option("--duration", metavar="DURATION", default="3h", show_default=True, callback=seconds,
              help="How long a run shall last.")  # fmt: skip
@click.option("--probe/--no-probe", default=True, show_default=True,
              help="Get credentials of each role, show them to AWS, and give them back.")  # fmt: skip
@click.option("--folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".",
              help="Folder of the Terraform files; else the current one.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Fail for warnings too.")
@terminal.format_option("text", "json")
@team_option
@terminal.vault_options
def command(
    names: tuple[str, ...],
    duration: int,
    probe: bool,
    folder: Path,
    strict: bool,
    output: str,
    team: str,
    vault: terminal.VaultOptions,
) -> int:
    """Check the login, the roles, whether their credentials work and for how long, and this folder's Terraform.

    It changes nothing but for what it asks of each role, and gives back: see --no-probe.
    """
    from consumer.check import Wish, examine
    from vault_aws_kit import findings, stopping

    wish = Wish(names, team, vault.catalog_mount, duration, probe, folder)
    with terminal.progress() as step, stopping.in_order(only_if=probe):
        sections = examine(
            lambda: session.connect(vault, team),
            wish,
            environment=os.environ,
            again=session.by_itself(team),
            progress=step,
        )
    if output == "json":
        terminal.emit_json(findings.as_json(sections))
    else:
        terminal.emit(findings.as_text(sections))
    findings.fail(sections, "This set-up", "check", strict=strict)
    return 0
