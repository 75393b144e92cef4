"""The data source: works with every Terraform, but the credentials are written to plan and state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from consumer.render.interface import Block, Mode


class DataSource(Mode):
    name: ClassVar[str] = "data-source"
    template: ClassVar[str] = "data-source.tf.j2"
    vault_provider: ClassVar[str] = "3.1"

    def warnings(self, blocks: Sequence[Block]) -> list[str]:
        state = (
            "Terraform writes these credentials to its plan and its state: protect both, or use --mode ephemeral "
            "(Terraform 1.11, vault provider 5.6)."
        )
        users = [block.role.name for block in blocks if not block.role.sts]
        if not users:
            return [state]
        get_user = (
            f"The policy of {', '.join(users)} must allow iam:GetUser on the user itself: the vault provider waits "
            "with it until AWS accepts the new key."
        )
        return [state, get_user]
