"""A Terragrunt `generate` block that writes the file into each module.

Source: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/#generate
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from consumer.render.shapes.interface import Shape

_BEFORE_A_BRACE = re.compile(r"[$%]+(?=\{)")


class Terragrunt(Shape):
    file: ClassVar[str] = "terragrunt.hcl"
    writes: ClassVar[tuple[str, ...]] = ("provider.tf",)

    def shaped(self, text: str) -> Mapping[str, str]:
        end = "EOF"
        while end in text.split("\n"):  # as a user's own template may have it
            end += "_"
        lines = [
            'generate "vault_aws_provider" {',
            '  path      = "provider.tf"',
            '  if_exists = "overwrite_terragrunt" # a file that Terragrunt made, and no other',
            f"  contents  = <<{end}",
            _inert(text) + end,
            "}",
            "",
        ]
        return {self.file: "\n".join(lines)}


def _inert(text: str) -> str:
    """Text within a heredoc, which knows no escape but ${"…"}: the $ and % that would begin something, as strings."""
    return _BEFORE_A_BRACE.sub(lambda run: "".join(f'${{"{sign}"}}' for sign in run[0]), text)
