"""`producer audit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.options import name_of_spec, spec_name_option, spec_option, templates_option
from vault_aws_kit import terminal
from vault_aws_kit.wording import counted

if TYPE_CHECKING:
    from producer.audit import Audit


@click.command()
@click.option("--fix", "fixing", is_flag=True, help="Delete the orphaned IAM users that are certain, after asking.")
@click.option("--also-uncertain", is_flag=True, help="With --fix: also those that may be somebody else's.")
@spec_name_option
@spec_option
@templates_option
@terminal.yes_option
@terminal.format_option("text", "json")
@terminal.vault_options
def command(
    fixing: bool,
    also_uncertain: bool,
    spec_name: str,
    spec_file: Path,
    templates: Sequence[Path],
    yes: bool,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Compare AWS with Vault: IAM users that no lease ends any more, and keys older than their TTL.

    Needs AWS credentials of the engines' account, which may list its IAM users.
    """
    from producer.audit import audit, fix
    from producer.iam_account import open_account

    name = name_of_spec(spec_name, spec_file, templates)
    with terminal.connect(vault) as connection:
        found = audit(name, connection, catalog_mount=vault.catalog_mount)
        if output == "text":
            _show(found)
        doomed = found.fixable(also_uncertain=also_uncertain) if fixing else []
        if doomed:
            terminal.confirm(f"Delete {counted(len(doomed), 'IAM user')} and their keys?", yes=yes)
            fix(doomed, open_account(), lambda one: terminal.say(f"Deleted {one.user}."))
            found = audit(name, connection, catalog_mount=vault.catalog_mount)
    if output == "json":
        terminal.emit_json(asdict(found) | {"deleted": [one.user for one in doomed]})
    found.check()
    return 0


def _show(found: Audit) -> None:
    for note in found.notes:
        terminal.warn(note)
    if found.too_young:
        young = f"{counted(found.too_young, 'IAM user')} too young to judge"
        terminal.warn(f"{young}: Vault may be about to write the lease. Look again in 5 minutes.")
    if not found.findings:
        sure = f"{found.looked_at - found.too_young} of " if found.too_young else "all " * (found.looked_at != 1)
        users = counted(found.looked_at, "IAM user")
        terminal.emit(f"Nothing: Vault accounts for {sure}{users} of its engines in {found.account}.")
        return
    rows = [
        (one.kind + ("" if one.certain else "?"), one.user, one.created, f"{one.why}. {one.remedy}".strip())
        for one in found.findings
    ]
    terminal.emit_table(("FINDING", "IAM USER", "CREATED", "WHY"), rows)
