"""What every CI's pipeline file is."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import ClassVar

from consumer.render.commands import run
from consumer.render.interface import Mode, Snippet
from consumer.render.kind import Kind
from consumer.render.templates import render
from vault_aws_kit.contract import LoginEntry
from vault_aws_kit.errors import ModeImpossible

LOGINS = ("jwt", "approle")
MODES = ("ephemeral", "data-source", "env")
# What means itself in YAML, in Groovy, in a shell and in each CI's own expressions. Vault's and AWS's names are such.
_PLAIN = re.compile(r"[\w./@:+=,-]*", re.ASCII)


class Pipeline(Kind):
    """One CI's file: it plans what is proposed and applies what was merged, as the team in Vault."""

    name: ClassVar[str]

    @abstractmethod
    def secrets(self, login: LoginEntry) -> str:
        """What a person must set up in the CI before the pipeline can run."""

    def text(self, mode: Mode, snippet: Snippet, folders: Sequence[Path] = ()) -> str:
        """The whole file. Raises ModeImpossible, and whatever a user's own template is to blame for."""
        login = _checked(mode, snippet)
        given = {
            "login": login,
            "vault": snippet.vault,
            "terraform": f"{run(snippet.blocks[0], snippet)} -- terraform" if mode.name == "env" else "terraform",
            "sign_in": _sign_in(login),
            "version": metadata.version("vault-aws-kit"),
        }
        return render(f"ci/{self.name}.j2", given, folders)

    def files(self, mode: Mode, snippet: Snippet, folders: Sequence[Path] = ()) -> Mapping[str, str]:
        return {self.file: self.text(mode, snippet, folders)}


def _checked(mode: Mode, snippet: Snippet) -> LoginEntry:
    if mode.name not in MODES:
        raise ModeImpossible(
            f"A pipeline can't run the {mode.name} mode.", hint=f"Use --mode {', --mode '.join(MODES)}."
        )
    login = snippet.vault.login
    if login is None or login.method not in LOGINS:
        raise ModeImpossible("A pipeline logs in by JWT or AppRole.", hint="Use --auth jwt or --auth approle.")
    block, vault = snippet.blocks[0], snippet.vault
    for text in (
        login.mount, login.role, login.audience, vault.address, vault.namespace, vault.ca_cert_file,
        block.role_name or block.role.name, block.role_arn, block.region, *snippet.consumer,
    ):  # fmt: skip
        if not _PLAIN.fullmatch(text):
            raise ModeImpossible(
                f"{text!r} can't stand in a pipeline: a shell or the CI could take it for something else.",
                hint="Letters, digits and ./@:+=,-_ are fine.",
            )
    return login


def _sign_in(login: LoginEntry) -> str:
    words = ["consumer", "login", "--method", login.method, "--mount", login.mount]
    if login.method == "jwt":
        words += ["--role", login.role, *(["--audience", login.audience] if login.audience else [])]
    return " ".join(words)
