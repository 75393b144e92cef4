"""AWS profiles with a credential_process: `consumer creds` is asked by the AWS provider itself."""

from __future__ import annotations

from typing import ClassVar

from consumer.render import commands
from consumer.render.floors import Floor
from consumer.render.interface import Mode, Snippet, session_warnings


class Process(Mode):
    name: ClassVar[str] = "process"
    has_vault: ClassVar[bool] = False

    def aws_floors(self, snippet: Snippet) -> list[Floor]:
        return [Floor("4.0", "the first with shared_config_files")] if snippet.config_files else []

    def profiles(self, snippet: Snippet) -> list[tuple[str, str]]:
        """Each profile with the command that gives its credentials."""
        return list({block.profile: commands.creds(block, snippet) for block in snippet.blocks}.items())

    def warnings(self, snippet: Snippet) -> list[str]:
        names = ", ".join(profile for profile, _ in self.profiles(snippet))
        there = f"Whoever runs this needs `consumer` and the profile in ~/.aws/config ({names}), as the file says."
        if not snippet.users:
            return [there, *session_warnings(snippet)]
        lives_on = (
            f"Nobody revokes the keys of {snippet.users} when Terraform ends: they live as long as their lease. "
            "`consumer exec` (--mode env) revokes them."
        )
        at_once = "AWS takes some seconds to accept a new IAM user's key: --wait-for-iam 1m has the profile wait."
        return [there, lives_on, *([] if snippet.wait else [at_once]), *session_warnings(snippet)]
