"""`producer acl`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from producer.options import spec_option, templates_option
from vault_aws_kit import terminal
from vault_aws_kit.contract import CATALOG_MOUNT


@click.command()
@spec_option
@templates_option
@click.option("--probe", is_flag=True, help="Allow `doctor --probe` too: credentials of every role.")
@click.option("--tfe", "tfe_mounts", metavar="PATH", multiple=True,
              help="Allow `tfe connect` too, with this JWT mount (jwt-tfc); may be repeated.")  # fmt: skip
@click.option(
    "--catalog-mount", metavar="PATH", default=CATALOG_MOUNT, show_default=True, help="KV v2 mount of the catalog."
)
@terminal.format_option("hcl", "json", default="hcl")
def command(
    spec_file: Path,
    templates: Sequence[Path],
    probe: bool,
    tfe_mounts: Sequence[str],
    catalog_mount: str,
    output: str,
) -> int:
    """Print the Vault policy that the producer's own token needs for this spec, without asking Vault.

    It covers setup, plan, status, handover, prune, rotate-root, revoke, audit and doctor.
    """
    from producer import acl
    from producer.spec import load_spec

    spec = load_spec(spec_file, templates)
    if output == "json":
        found = acl.grants(spec, catalog_mount, probe=probe, tfe_mounts=tfe_mounts)
        granted = {grant.path: grant.capabilities for grant in found}
        terminal.emit_json({"spec": spec.name, "paths": granted})
    else:
        terminal.emit(acl.policy(spec, catalog_mount, probe=probe, tfe_mounts=tfe_mounts))
    terminal.warn(acl.ESCALATION)
    return 0
