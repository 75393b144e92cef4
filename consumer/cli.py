"""The command `consumer`: one module of `consumer.commands` for each verb."""

from __future__ import annotations

from collections.abc import Sequence

import click

from vault_aws_kit import terminal

VERBS = (
    "login",
    "roles",
    "check",
    "render",
    "creds",
    "exec",
    "serve",
    "profile",
    "console",
    "cache",
    "mfa",
    "tfe",
    "completion",
)


@click.group(cls=terminal.CommandFolder, package="consumer.commands", verbs=VERBS,
             context_settings={"help_option_names": ["-h", "--help"]})  # fmt: skip
@click.version_option(package_name="vault-aws-kit", message="vault-aws-kit %(version)s")
def cli() -> None:
    """Get short-lived AWS credentials from Vault, for Terraform and for everything else."""


def main(argv: Sequence[str] | None = None) -> int:
    return terminal.run(cli, "consumer", argv)
