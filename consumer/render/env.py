"""Credentials from the environment that `consumer exec` gives to Terraform."""

from __future__ import annotations

from typing import ClassVar

from consumer.render import commands
from consumer.render.interface import Mode, Snippet, session_warnings
from vault_aws_kit.errors import ModeImpossible


class Env(Mode):
    name: ClassVar[str] = "env"
    has_vault: ClassVar[bool] = False

    def check(self, snippet: Snippet) -> None:
        super().check(snippet)
        sets = {(block.role.mount, block.role.name, block.role_arn) for block in snippet.blocks}
        if len(sets) > 1:
            names = ", ".join(role.name for role in snippet.roles)
            raise ModeImpossible(
                f"An environment holds one set of credentials, and {len(sets)} were asked for ({names}).",
                hint="Use --mode process, or one role whose providers assume the others' (--assume-role).",
            )

    def command(self, snippet: Snippet) -> str:
        return commands.run(snippet.blocks[0], snippet)

    def warnings(self, snippet: Snippet) -> list[str]:
        if not snippet.users:
            return session_warnings(snippet)
        if snippet.wait:
            return []
        at_once = (
            f"AWS takes some seconds to accept a new IAM user's key ({snippet.users}), and Terraform starts at once"
        )
        return [f"{at_once}: --wait-for-iam 1m has it wait."]
