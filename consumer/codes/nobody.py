"""No codes at all: nobody may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from consumer.codes.interface import Codes
from vault_aws_kit.errors import CodeNeeded


@dataclass(frozen=True)
class Nobody(Codes):
    """`remedy` is what a person can do, as a sentence."""

    remedy: str

    def check(self) -> None:
        raise CodeNeeded("AWS wants an MFA code, and there is nobody here to ask for it.", hint=self.remedy)

    def first(self, device: str) -> str:
        raise CodeNeeded(f"AWS wants a code of {device}, and there is nobody here to ask for it.", hint=self.remedy)
