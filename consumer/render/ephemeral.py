"""Ephemeral resources: credentials that reach neither plan nor state."""

from __future__ import annotations

from typing import ClassVar

from consumer.render.floors import Floor
from consumer.render.interface import Mode, Snippet, session_warnings


class Ephemeral(Mode):
    """Needs the vault provider 5.6, and Terraform 1.11 (or OpenTofu 1.11) to run it."""

    name: ClassVar[str] = "ephemeral"
    vault_provider: ClassVar[Floor] = Floor("5.6", "the first with ephemeral AWS credentials")
    terraform: ClassVar[Floor] = Floor("1.11", "the first whose providers can take such credentials")

    def terraform_floors(self) -> list[Floor]:
        return [self.terraform]

    def vault_floors(self, snippet: Snippet) -> list[Floor]:  # noqa: ARG002
        return [self.vault_provider]

    def warnings(self, snippet: Snippet) -> list[str]:
        if not snippet.users:
            return session_warnings(snippet)
        wait = (
            f"AWS takes some seconds to accept a new IAM user's key ({snippet.users}), and the ephemeral mode "
            "doesn't wait: if Terraform fails with InvalidClientTokenId, use an assumed_role, or --mode data-source."
        )
        return [wait, *session_warnings(snippet)]
