"""`producer handover`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from producer import completion
from producer.options import duration_option, spec_option, templates_option
from vault_aws_kit import clock, terminal
from vault_aws_kit.wording import counted


@click.command()
@click.argument("team", shell_complete=completion.teams)
@spec_option
@templates_option
@duration_option("--ttl", default="1h", least=1, help="How long the wrapped secret_id waits to be unwrapped.")
@click.option("--revoke-others", is_flag=True, help="Destroy every earlier secret_id of the team.")
@terminal.format_option("text", "json")
@terminal.vault_options
def command(
    team: str,
    spec_file: Path,
    templates: Sequence[Path],
    ttl: int,
    revoke_others: bool,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Give a team its login: a role_id and a response-wrapped secret_id."""
    from producer.handover import handover
    from producer.spec import load_spec

    spec = load_spec(spec_file, templates)
    with terminal.connect(vault) as connection:
        given = handover(
            spec.name, team, connection, ttl=ttl, revoke_others=revoke_others, catalog_mount=vault.catalog_mount
        )
        address = connection.settings.address
    if output == "json":
        terminal.emit_json(
            {
                "team": given.team,
                "mount": given.mount,
                "role_id": given.role_id,
                "wrapping_token": given.wrapping_token,
                "wrapping_ttl": given.ttl,
                "revoked": given.revoked,
            }
        )
        return 0
    terminal.emit(f"VAULT_ROLE_ID={given.role_id}\nWRAPPING_TOKEN={given.wrapping_token}")
    if revoke_others:
        terminal.say(f"Destroyed {counted(given.revoked, 'earlier secret_id')}.")
    mount = "" if given.mount == "approle" else f" --mount {given.mount}"
    terminal.say(
        f"Send both lines to {team} within {clock.duration(given.ttl)}. Who receives them logs in once with:\n\n"
        f"  export VAULT_ADDR={address} VAULT_ROLE_ID={given.role_id}\n"
        f"  consumer login --method approle --wrapped{mount}   # paste the wrapping token, then Enter\n\n"
        "If it says there that the token was used already, somebody else had it: run this again with --revoke-others."
    )
    return 0
