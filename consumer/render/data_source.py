"""The data source: works with every Terraform, but the credentials are written to plan and state."""

from __future__ import annotations

from typing import ClassVar

from consumer.render.floors import Floor
from consumer.render.interface import Mode, Snippet, session_warnings


class DataSource(Mode):
    name: ClassVar[str] = "data-source"
    vault_provider: ClassVar[Floor] = Floor("3.1", "the first with skip_child_token")
    static_roles: ClassVar[Floor] = Floor("3.17", "the first that reads static roles")

    def vault_floors(self, snippet: Snippet) -> list[Floor]:
        static = any(role.type == "static" for role in snippet.roles)
        return [self.vault_provider, *([self.static_roles] if static else [])]

    def warnings(self, snippet: Snippet) -> list[str]:
        state = (
            "Terraform writes these credentials to its plan and its state: protect both, or use --mode ephemeral "
            "(Terraform 1.11, vault provider 5.6)."
        )
        if not snippet.users:
            return [state, *session_warnings(snippet)]
        get_user = (
            f"The policy of {snippet.users} must allow iam:GetUser on the user itself: the vault provider waits "
            "with it until AWS accepts the new key."
        )
        return [state, get_user, *session_warnings(snippet)]
