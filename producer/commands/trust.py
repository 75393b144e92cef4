"""`producer trust`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.options import spec_option, templates_option
from vault_aws_kit import terminal
from vault_aws_kit.wording import counted

if TYPE_CHECKING:
    from producer.trust import Change, Trust


def _principal(ctx: click.Context, param: click.Parameter, given: str) -> str:
    """An IAM user's, a role's or an account's ARN, or a session's."""
    import re

    if given and not re.fullmatch(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|[a-z-]+/[\w+=,.@/-]+)", given):
        like = "arn:aws:iam::111122223333:user/NAME"
        raise click.BadParameter(f"{given!r} is no ARN of a principal: one looks like {like}.", ctx, param)
    return given


@click.command()
@click.option("--role", metavar="ROLE", default="", help="One role of the spec: NAME or ENGINE/NAME.")
@click.option("--principal", metavar="ARN", default="", callback=_principal,
              help="As whom Vault calls AWS, where nobody can find out.")  # fmt: skip
@click.option(
    "--apply", "applying", is_flag=True, help="Write them to the AWS roles of the account at hand, after asking."
)
@spec_option
@templates_option
@terminal.yes_option
@terminal.format_option("text", "json", "terraform")
@terminal.vault_options
def command(
    role: str,
    principal: str,
    applying: bool,
    spec_file: Path,
    templates: Sequence[Path],
    yes: bool,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Print the trust policy that each AWS role needs so that Vault may assume it, or write it."""
    from producer import trust
    from producer.bootstrap import account_if_any
    from producer.spec import load_spec

    spec = load_spec(spec_file, templates)
    engines = trust.engines_of(spec, role)
    principals = {engine.name: principal for engine in engines}
    if not principal:
        account = account_if_any()
        with terminal.connect(vault) as connection:
            principals = {
                engine.name: trust.principal_of(spec, engine, connection, account, vault.catalog_mount)
                for engine in engines
            }
    found = trust.trusts(spec, principals, role)
    _show(found, output)
    if applying:
        _apply(found, yes=yes)
    return 0


def _show(found: Sequence[Trust], output: str) -> None:
    from producer import trust

    if output == "json":
        terminal.emit_json({one.role_arn: one.document for one in found})
    elif output == "terraform":
        terminal.emit(trust.terraform(found))
    else:
        for one in found:
            terminal.emit(f"{one.role_arn}\n{json.dumps(one.document, indent=2)}")


def _apply(found: Sequence[Trust], *, yes: bool) -> None:
    from producer import trust
    from producer.iam_account import open_account

    account = open_account()
    for one in found:
        if one.account != account.account:
            terminal.warn(f"{one.role_arn} is in another account than the AWS credentials here ({account.account}).")
    todo = [change for change in trust.changes(found, account) if change]
    if not todo:
        terminal.say(f"Nothing to change in account {account.account}.")
        return
    for change in todo:
        terminal.say(_diff(change))
    terminal.confirm(f"Write {counted(len(todo), 'trust policy', 'trust policies')}?", yes=yes)
    for change in todo:
        trust.apply(change, account)
        terminal.say(f"Written: {change.trust.role_arn}")


def _diff(change: Change) -> str:
    from difflib import unified_diff

    before, after = (json.dumps(one, indent=2).splitlines() for one in (change.before, change.after))
    arn = change.trust.role_arn
    return "\n".join(unified_diff(before, after, f"{arn} (now)", f"{arn} (then)", lineterm=""))
