"""HCP Terraform and Terraform Enterprise: their agents get the credentials before a run, and end them after it.

Source: https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/vault-backed/aws-configuration
"""

from __future__ import annotations

from typing import ClassVar

from consumer.render.floors import Floor
from consumer.render.interface import Block, Mode, Snippet
from vault_aws_kit.errors import ModeImpossible

TYPES = ("iam_user", "assumed_role", "federation_token")


class Hcp(Mode):
    """The variables are those of https://developer.hashicorp.com/terraform/cloud-docs: one set for each provider."""

    name: ClassVar[str] = "hcp"
    method: ClassVar[str] = "jwt"
    """How a workspace logs in, whatever its runs' Vault provider does."""

    def vault_floors(self, snippet: Snippet) -> list[Floor]:  # noqa: ARG002
        return [Floor("3.18", "the first with auth_login_token_file")]

    def aws_floors(self, snippet: Snippet) -> list[Floor]:  # noqa: ARG002
        return [Floor("4.0", "the first with shared_credentials_files")]

    def check(self, snippet: Snippet) -> None:
        if snippet.vault.auth.name != "token":
            raise ModeImpossible(
                "HCP Terraform logs in to Vault itself: its Vault provider takes no other login.",
                hint="Leave --auth out; the workspace's JWT role is taken from the catalog.",
            )
        for role in snippet.roles:
            if role.type not in TYPES:
                raise ModeImpossible(
                    f"HCP Terraform can't use {role.name!r} ({role.type}): it takes {', '.join(TYPES)}.",
                    hint="Use --mode ephemeral, or another role.",
                )
        tags = [block.tag for block in snippet.blocks]
        for tag in tags:
            if tags.count(tag) > 1:
                raise ModeImpossible(
                    f"HCP Terraform would call two of these providers {tag}.",
                    hint="Choose aliases that differ in more than - and _ and their case: --role ALIAS=ROLE.",
                )

    def variables(self, snippet: Snippet) -> list[tuple[str, str]]:
        """What to set on the workspace, besides the regions' own."""
        found = [("TFC_VAULT_PROVIDER_AUTH", "true"), ("TFC_VAULT_ADDR", snippet.vault.address or "Vault's address")]
        if snippet.vault.namespace:
            found.append(("TFC_VAULT_NAMESPACE", snippet.vault.namespace))
        login = snippet.vault.login
        found.append(("TFC_VAULT_RUN_ROLE", login.role if login else "the workspace's JWT role in Vault"))
        if login:
            found.append(("TFC_VAULT_AUTH_PATH", login.mount))
        if login and login.audience:
            found.append(("TFC_VAULT_WORKLOAD_IDENTITY_AUDIENCE", login.audience))
        return found + [pair for block in snippet.blocks for pair in _of_provider(block)]

    def warnings(self, snippet: Snippet) -> list[str]:
        warnings = ["Plan and apply need the workspace's variables that the file lists: set them first."]
        if not snippet.vault.login:
            warnings.append(
                "The catalog offers the team no jwt login: the workspace can't log in to Vault before it has one."
            )
        if snippet.users:
            warnings.append(
                f"HCP Terraform waits a fixed time for the keys of {snippet.users}: TFC_VAULT_BACKED_AWS_SLEEP_SECONDS."
            )
        return warnings


def _of_provider(block: Block) -> list[tuple[str, str]]:
    def name(what: str) -> str:
        return f"TFC_VAULT_BACKED_AWS_{what}" + (f"_{block.tag}" if block.alias else "")

    found = [
        (name("AUTH"), "true"),
        (name("AUTH_TYPE"), block.role.type),
        (name("MOUNT_PATH"), block.role.mount),
        (name("RUN_VAULT_ROLE"), block.role.name),
    ]
    arn = block.role_arn or next(iter(block.role.role_arns), "")
    return found + ([(name("RUN_ROLE_ARN"), arn)] if block.role.type == "assumed_role" else [])
