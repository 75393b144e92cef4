"""The command `producer`: one module of `producer.commands` for each verb."""

from __future__ import annotations

from collections.abc import Sequence

import click

from vault_aws_kit import terminal

VERBS = (
    "validate",
    "plan",
    "setup",
    "status",
    "doctor",
    "adopt",
    "handover",
    "export",
    "templates",
    "acl",
    "bootstrap",
    "rotate-root",
    "trust",
    "revoke",
    "thaw",
    "audit",
    "completion",
)


@click.group(cls=terminal.CommandFolder, package="producer.commands", verbs=VERBS,
             context_settings={"help_option_names": ["-h", "--help"]})  # fmt: skip
@click.version_option(package_name="vault-aws-kit", message="vault-aws-kit %(version)s")
def cli() -> None:
    """Make Vault hand out short-lived AWS credentials, as a spec in git says."""


def main(argv: Sequence[str] | None = None) -> int:
    return terminal.run(cli, "producer", argv)
