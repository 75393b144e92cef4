"""Jenkins: a declarative pipeline."""

from __future__ import annotations

from typing import ClassVar

from consumer.render.ci.interface import Pipeline
from consumer.render.marks import Comments, Marks
from vault_aws_kit.contract import LoginEntry


class Jenkins(Pipeline):
    name: ClassVar[str] = "jenkins"
    file: ClassVar[str] = "Jenkinsfile"
    marks: ClassVar[Marks] = Comments("//")

    def secrets(self, login: LoginEntry) -> str:
        if login.method == "jwt":
            return (
                "Jenkins needs VAULT_ADDR in its environment, and the credential `vault-id-token`, an ID token (plugin "
                "OpenID Connect Provider)."
            )
        return (
            "Jenkins needs VAULT_ADDR in its environment, and the credentials `vault-role-id` and `vault-secret-id` "
            "(secret text)."
        )
