"""Ephemeral resources: credentials that reach neither plan nor state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from consumer.render.interface import Block, Mode


class Ephemeral(Mode):
    """Needs the vault provider 5.6, and Terraform 1.11 (or OpenTofu 1.11) to run it."""

    name: ClassVar[str] = "ephemeral"
    template: ClassVar[str] = "ephemeral.tf.j2"
    vault_provider: ClassVar[str] = "5.6"
    terraform: ClassVar[str] = "1.11"

    def warnings(self, blocks: Sequence[Block]) -> list[str]:
        users = [block.role.name for block in blocks if not block.role.sts]
        if not users:
            return []
        wait = (
            f"AWS takes some seconds to accept a new IAM user's key ({', '.join(users)}), and the ephemeral mode "
            "doesn't wait: if Terraform fails with InvalidClientTokenId, use an assumed_role, or --mode data-source."
        )
        return [wait]
