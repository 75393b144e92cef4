"""`producer tfe connect`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.commands.tfe.carrying import LOCK_WAIT, carry_out
from producer.commands.tfe.options import (
    access_options,
    login_options,
    run_options,
    vault_seen_options,
    where_options,
)
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from producer.connect.asked import Asked, Where
    from producer.connect.connection import Connection
    from producer.connect.variables import VaultFacts


@click.command()
@where_options
@access_options
@login_options
@vault_seen_options
@click.option("--force", is_flag=True, help="Replace variables of others, and connect where static keys are set.")
@terminal.format_option("text", "json", "terraform")
@run_options
def command(
    where: Where,
    asked: Asked,
    like: Connection,
    vault_address: str,
    vault_ca: Path | None,
    discovery_ca: Path | None,
    force: bool,
    output: str,
    only_plan: bool,
    detailed_exitcode: bool,
    spec_file: Path,
    templates: Sequence[Path],
    yes: bool,
    vault: terminal.VaultOptions,
) -> int:
    """Let workspaces' runs get their AWS credentials from Vault: a login there, and the variables that use it.

    With --format terraform it prints the same as Terraform, and neither asks nor changes anything.
    """
    from producer.connect.asked import access_for, team_of
    from producer.connect.run import Choices, prepare
    from producer.connect.terraform import terraform
    from producer.spec import load_spec
    from vault_aws_kit.tfe.settings import TfeSettings

    spec = load_spec(spec_file, templates)
    terminal.warn_all(spec.warnings)
    team = team_of(spec, asked.team)
    server = TfeSettings.from_environment(host=where.host, ca=where.ca_bundle)
    like = replace(like, team=team.name, access=access_for(spec, team, asked), host=server.host, issuer=server.address)
    wanted = where.connections(like, spec.name)
    facts = _facts(vault, vault_address, vault_ca)
    ca_pem = _pem(discovery_ca)
    if output == "terraform":
        terminal.emit(terraform(spec, wanted, facts, vault.catalog_mount, ca_pem))
        return 0
    choices = Choices(vault.catalog_mount, force, LOCK_WAIT, ca_pem)
    code = carry_out(
        spec, lambda there, tfe: prepare(spec, wanted, there, tfe, facts, choices), where, choices, vault,
        removing=False, only_plan=only_plan, detailed=detailed_exitcode, output=output, yes=yes,
    )  # fmt: skip
    if not only_plan:
        terminal.say(f"Next, in the workspace's code: {_render_command(team.name, asked)}")
    return code


def _render_command(team: str, asked: Asked) -> str:
    """What gives the code that these variables are for."""
    roles = asked.roles or asked.apply_roles
    named = [f"{one.alias}={one.value}" if one.alias else one.value for one in roles]
    given = "".join(f" --role {one}" for one in named)
    return f"`consumer render --mode hcp --team {team}{given}`."


def _facts(vault: terminal.VaultOptions, address: str, ca: Path | None) -> VaultFacts:
    """Vault as the runs see it; said so where they surely can't."""
    from urllib.parse import urlsplit

    from producer.connect.variables import VaultFacts
    from vault_aws_kit.settings import VaultSettings

    here = VaultSettings.from_environment(address=vault.address, namespace=vault.namespace)
    seen = address or here.address
    if urlsplit(seen).hostname in ("localhost", "127.0.0.1", "::1"):
        terminal.warn(f"Runs will look for Vault at {seen}, which is this machine: say otherwise by --vault-address.")
    path = ca or (Path(here.ca_cert) if here.ca_cert else None)
    return VaultFacts(seen, here.namespace, _pem(path))


def _pem(path: Path | None) -> str:
    """A file's certificates, '' for no file."""
    from producer.connect.variables import certificates

    return certificates(path.read_text(errors="replace"), str(path)) if path else ""
