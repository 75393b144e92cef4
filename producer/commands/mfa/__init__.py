"""`producer mfa`: one module for each verb."""

from __future__ import annotations

import click

from vault_aws_kit import terminal

VERBS: tuple[str, ...] = ("guard", "add", "remove", "status", "verify", "unguard", "enroll", "rotate", "unenroll")


@click.group(cls=terminal.CommandFolder, package=__name__, verbs=VERBS)
def command() -> None:
    """Guard AWS's APIs with MFA, and let Vault be the device."""
