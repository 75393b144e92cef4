"""`consumer mfa`: one module for each verb."""

from __future__ import annotations

import click

from vault_aws_kit import terminal

VERBS: tuple[str, ...] = ("login", "exec", "serve", "profile")


@click.group(cls=terminal.CommandFolder, package=__name__, verbs=VERBS)
def command() -> None:
    """Get credentials by a long-lived key and an MFA code."""
