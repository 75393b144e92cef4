"""HCP Terraform and Terraform Enterprise: their agents get the credentials before a run, and end them after it.

Source: https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/vault-backed/aws-configuration
"""

from __future__ import annotations

from typing import ClassVar

from consumer.render.floors import Floor
from consumer.render.interface import Block, Mode, Snippet
from vault_aws_kit.errors import ModeImpossible
from vault_aws_kit.hcp import TYPES, AwsProvider, Phased, VaultLogin, tag_fault


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
        fault = tag_fault([block.tag for block in snippet.blocks])
        if fault:
            raise ModeImpossible(
                f"HCP Terraform knows providers by tags, made of their aliases. {fault}",
                hint="Choose aliases that differ in more than - and _ and their case: --role ALIAS=ROLE.",
            )

    def variables(self, snippet: Snippet) -> list[tuple[str, str]]:
        """What to set on the workspace, besides the regions' own."""
        vault = snippet.vault
        login = VaultLogin(
            address=vault.address or "Vault's address",
            role=Phased.both(vault.login.role if vault.login else "the workspace's JWT role in Vault"),
            namespace=vault.namespace,
            mount=vault.login.mount if vault.login else "",
            audience=vault.login.audience if vault.login else "",
        )
        return [*login.variables().items(), *(pair for block in snippet.blocks for pair in _of_provider(block))]

    def warnings(self, snippet: Snippet) -> list[str]:
        if snippet.vault.connected:
            return []
        needed = "Plan and apply need the workspace's variables that the file lists"
        warnings = [f"{needed}: set them first, or have the platform team run `producer tfe connect`."]
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
    role = block.role
    arn = block.role_arn or next(iter(role.role_arns), "")
    provider = AwsProvider(block.tag, role.type, role.mount, Phased.both(role.name), Phased.both(arn))
    return list(provider.variables().items())
