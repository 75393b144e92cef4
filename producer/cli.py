"""The command `producer`: one module of `producer.commands` for each verb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from vault_aws_kit import terminal
from vault_aws_kit.errors import NotAllowed

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
    "mfa",
    "tfe",
    "completion",
)
WITHOUT_A_SPEC = ("adopt", "mfa")
"""What is run where there is no spec from which a policy could be made."""


class _Producer(terminal.CommandFolder):
    """Where the token may not do something, the policy that it needs can be printed."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NotAllowed as error:
            if "producer acl" not in error.hint and ctx.invoked_subcommand not in WITHOUT_A_SPEC:
                error.hint = f"{error.hint} `producer acl` prints the policy that it needs.".strip()
            raise


@click.group(cls=_Producer, package="producer.commands", verbs=VERBS,
             context_settings={"help_option_names": ["-h", "--help"]})  # fmt: skip
@click.version_option(package_name="vault-aws-kit", message="vault-aws-kit %(version)s")
def cli() -> None:
    """Make Vault hand out short-lived AWS credentials, as a spec in git says."""


def main(argv: Sequence[str] | None = None) -> int:
    return terminal.run(cli, "producer", argv)
