"""What every mode of rendered Terraform is, and what there is to render."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from consumer.render.auth.interface import Auth
from consumer.render.auth.token import Token
from consumer.render.floors import Floor, highest
from vault_aws_kit import clock
from vault_aws_kit.contract import LoginEntry, RoleEntry
from vault_aws_kit.errors import ModeImpossible
from vault_aws_kit.hcp import tag_of

if TYPE_CHECKING:
    from collections.abc import Mapping

LONG = 3600
"""Sessions that live longer, in seconds, are worth a warning: nobody can revoke them."""


@dataclass(frozen=True)
class AssumedRole:
    """An AWS role that the provider assumes with its credentials; '' leaves a parameter out."""

    arn: str
    session_name: str = ""
    external_id: str = ""

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]


@dataclass(frozen=True)
class Block:
    """One AWS provider: `alias` is '' for the default one, `label` names its credentials within the file.

    `role_arn` is '' where the role has nothing to choose, `region` and `account` where they are not known. `assumed` is
    a chain of roles, each assumed with the credentials of the one before. `profile` is the AWS profile of the process
    mode.
    """

    alias: str
    label: str
    role: RoleEntry
    region: str = ""
    role_arn: str = ""
    assumed: tuple[AssumedRole, ...] = ()
    profile: str = ""
    role_name: str = ""
    """The role as the consumer's options take it: ENGINE/ROLE where two engines have one of that name."""

    @property
    def account(self) -> str:
        if self.assumed:
            return self.assumed[-1].account
        return self.role_arn.split(":")[4] if self.role_arn else self.role.account

    @property
    def tag(self) -> str:
        """What HCP Terraform's variables call it."""
        return tag_of(self.alias)


@dataclass(frozen=True)
class VaultProvider:
    """The Vault provider's block. What is '' comes from the environment of whoever runs Terraform.

    `connected` are workspaces of HCP Terraform's that have their variables already.
    """

    auth: Auth = field(default_factory=Token)
    login: LoginEntry | None = None
    address: str = ""
    namespace: str = ""
    ca_cert_file: str = ""
    connected: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snippet:
    """All that a file shall say, but for how its credentials are had.

    `pins` is whether to write the terraform block: a module may have only one required_providers. `config_files` are
    AWS's, for the process mode, none for the usual one. `consumer` are the options by which the consumer's own
    commands find the same catalog and team, and `wait` is for how many seconds they wait at most until AWS accepts a
    new IAM user's key.
    """

    blocks: tuple[Block, ...]
    vault: VaultProvider = field(default_factory=VaultProvider)
    tags: tuple[tuple[str, str], ...] = ()
    pins: bool = True
    config_files: tuple[str, ...] = ()
    consumer: tuple[str, ...] = ()
    wait: int = 0

    @property
    def roles(self) -> tuple[RoleEntry, ...]:
        return tuple(dict.fromkeys(block.role for block in self.blocks))

    @property
    def users(self) -> str:
        """The roles that make IAM users, by name."""
        return ", ".join(role.name for role in self.roles if role.type == "iam_user")


class Mode(ABC):
    """One way in which rendered Terraform gets its credentials."""

    name: ClassVar[str]
    has_vault: ClassVar[bool] = True
    """Whether the file has a Vault provider, which can log in itself."""

    @abstractmethod
    def warnings(self, snippet: Snippet) -> list[str]:
        """What a person should know before using the file."""

    def check(self, snippet: Snippet) -> None:
        """Raises ModeImpossible for what this mode can't render."""
        given = "--auth" if snippet.vault.auth.name != "token" else "--vault-ca" if snippet.vault.ca_cert_file else ""
        if given and not self.has_vault:
            raise ModeImpossible(
                f"The {self.name} mode has no Vault provider, so that {given} means nothing.",
                hint="Leave it out, or use --mode ephemeral or --mode data-source.",
            )
        guarded = next((role for role in snippet.roles if role.mfa_serial_number), None)
        if guarded and self.has_vault:
            raise ModeImpossible(
                f"Role {guarded.name!r} wants an MFA code, and Terraform's Vault provider can't send one.",
                hint="Use --mode env, or --mode process once `consumer creds` has got a session.",
            )

    def terraform_floors(self) -> list[Floor]:
        return []

    def vault_floors(self, snippet: Snippet) -> list[Floor]:  # noqa: ARG002
        """Which versions of the vault provider it needs; none where it has no such provider."""
        return []

    def aws_floors(self, snippet: Snippet) -> list[Floor]:  # noqa: ARG002
        return []

    @property
    def template(self) -> str:
        return f"terraform/{self.name}.tf.j2"

    def floors(self, snippet: Snippet) -> Mapping[str, Floor | None]:
        """The oldest version of each program that can run the file; None where any does."""
        login = snippet.vault.auth.floors if self.has_vault else []
        return {
            "terraform": highest(self.terraform_floors()),
            "vault": highest([*self.vault_floors(snippet), *login]),
            "aws": highest([*self.aws_floors(snippet), *_aws_floors(snippet)]),
        }

    def text(self, snippet: Snippet, folders: Sequence[Path] = ()) -> str:
        """The whole file as HCL; `folders` are searched for templates before the kit's own.

        Raises UnknownTemplate, UndefinedVariable, TemplateBroken: of a user's own templates.
        """
        from consumer.render.templates import render
        from vault_aws_kit.hcl_layout import aligned

        given = {"snippet": snippet, "mode": self, "floors": self.floors(snippet)}
        return aligned(render(self.template, given, folders))


def session_warnings(snippet: Snippet) -> list[str]:
    """Of sessions that are good for long, whatever the mode."""
    long = [role for role in snippet.roles if role.sts and role.default_ttl > LONG]
    return [
        f"Nobody can revoke an STS session, and those of {role.name} live for {clock.duration(role.default_ttl)}: "
        "ask the platform team for a shorter ttl if a run needs less."
        for role in long
    ]


def _aws_floors(snippet: Snippet) -> list[Floor]:
    """Of what any mode may write into the AWS provider."""
    found = []
    if snippet.tags:
        found.append(Floor("3.38", "the first with default_tags"))
    if any(len(block.assumed) > 1 for block in snippet.blocks):
        found.append(Floor("5.67", "the first that assumes one role after another"))
    return found
