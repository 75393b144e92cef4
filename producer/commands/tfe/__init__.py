"""`producer tfe`: one module for each verb."""

from __future__ import annotations

import click

from vault_aws_kit import terminal

VERBS = ("connect", "disconnect")


@click.group(cls=terminal.CommandFolder, package=__name__, verbs=VERBS)
def command() -> None:
    """Let workspaces of Terraform Enterprise or HCP get their credentials from Vault."""
