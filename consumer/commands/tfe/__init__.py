"""`consumer tfe`: one module for each verb."""

from __future__ import annotations

import click

from vault_aws_kit import terminal

VERBS = ("push", "status", "clear")


@click.group(cls=terminal.CommandFolder, package=__name__, verbs=VERBS)
def command() -> None:
    """Give credentials to workspaces of Terraform Enterprise or HCP."""
