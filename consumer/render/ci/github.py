"""GitHub Actions."""

from __future__ import annotations

from typing import ClassVar

from consumer.render.ci.interface import Pipeline
from vault_aws_kit.contract import LoginEntry


class Github(Pipeline):
    name: ClassVar[str] = "github"
    file: ClassVar[str] = ".github/workflows/terraform.yml"

    def secrets(self, login: LoginEntry) -> str:
        if login.method == "jwt":
            return "GitHub needs the variable VAULT_ADDR; its ID token is all that logs in."
        return "GitHub needs the variables VAULT_ADDR and VAULT_ROLE_ID, and the secret VAULT_SECRET_ID."
