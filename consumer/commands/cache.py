"""`consumer cache`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from consumer import session
from consumer.options import team_login_option
from vault_aws_kit import clock, terminal

if TYPE_CHECKING:
    from consumer.cache import Entry


@click.group()
def command() -> None:
    """Look at the credentials that are kept for this Vault token, or end them."""


@command.command("list")
@terminal.format_option("text", "json")
@team_login_option
@terminal.vault_options
def list_entries(output: str, team: str, vault: terminal.VaultOptions) -> int:
    """List what is kept for this token, without its secrets."""
    from consumer.cache import Store

    with session.connect(vault, team) as connection:
        store = Store.of_user(connection.token)
    entries = list(store.entries().values())
    if output == "json":
        terminal.emit_json([_as_json(entry) for entry in entries])
        return 0
    terminal.emit_table(("ROLE", "TYPE", "REGION", "KEY", "EXPIRES", "REVOCABLE"), [_row(entry) for entry in entries])
    _tell_of_others(len(store.others()), "are of other tokens")
    return 0


@command.command("clear")
@click.option("--all", "everybodys", is_flag=True, help="Also forget what other tokens got, which stays unrevoked.")
@terminal.format_option("text", "json")
@team_login_option
@terminal.vault_options
def clear(everybodys: bool, output: str, team: str, vault: terminal.VaultOptions) -> int:
    """Revoke what is kept for this token and can be revoked, and forget all of it.

    What can't be revoked now, as Vault is out of reach, stays for another try.
    """
    from consumer.cache import Store
    from consumer.clear import clear as clear_store
    from vault_aws_kit.errors import RevokeFailed

    with session.connect(vault, team) as connection:
        cleared = clear_store(Store.of_user(connection.token), connection, everybodys=everybodys)
    if output == "json":
        terminal.emit_json(
            {
                "revoked": list(cleared.revoked),
                "forgotten": list(cleared.forgotten),
                "failed": list(cleared.failures),
                "others": cleared.others,
            }
        )
    for key in cleared.revoked:
        terminal.say(f"Revoked: key {key} is deleted.")
    for key in cleared.forgotten:
        terminal.say(f"Forgotten: {key}. If it is an STS session it lives on to its end, as nobody can revoke one.")
    for error in cleared.failures.values():
        terminal.report(error)
    _tell_of_others(cleared.others, "are of other tokens, and stay: --all forgets them too")
    return RevokeFailed.exit_code if cleared.failures else 0


def _tell_of_others(count: int, fate: str) -> None:
    if count:
        terminal.say(f"{count} more {fate}.")


def _row(entry: Entry) -> tuple[str, ...]:
    found = entry.credentials
    expires = clock.timestamp(entry.ends)
    return (
        found.role,
        found.type,
        found.region or "-",
        found.access_key_id,
        expires,
        "yes" if found.revocable else "no",
    )


def _as_json(entry: Entry) -> dict[str, Any]:
    found = entry.credentials
    return {
        "role": found.role,
        "type": found.type,
        "region": found.region,
        "access_key_id": found.access_key_id,
        "expires": clock.timestamp(entry.ends),
        "revocable": found.revocable,
        "lease_id": found.lease_id,
    }
