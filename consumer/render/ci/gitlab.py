"""GitLab CI/CD."""

from __future__ import annotations

from typing import ClassVar

from consumer.render.ci.interface import Pipeline
from vault_aws_kit.contract import LoginEntry


class Gitlab(Pipeline):
    name: ClassVar[str] = "gitlab"
    file: ClassVar[str] = ".gitlab-ci.yml"

    def secrets(self, login: LoginEntry) -> str:
        if login.method == "jwt":
            return "GitLab needs the variable VAULT_ADDR; its ID token is all that logs in."
        return "GitLab needs the variables VAULT_ADDR and VAULT_ROLE_ID, and VAULT_SECRET_ID masked and protected."
