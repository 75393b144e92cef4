"""What this shell has that Terraform would take instead of Vault's credentials. Names are told, and never values.

A provider with keys or a profile of its own takes those first; one without takes what the environment has. Source:
https://registry.terraform.io/providers/hashicorp/aws/latest/docs#authentication-and-configuration
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from consumer.check.interface import Case, Check
from consumer.check.static_keys import looks_like
from consumer.default_profile import winning_files
from consumer.environment import FIND_CREDENTIALS
from consumer.terraform import blocks, documents
from vault_aws_kit.findings import Finding

_ABOUT = re.compile(r"\bprovider\b")
_OWN = ("access_key", "profile", "shared_credentials_files", "shared_credentials_file")
_USUAL = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}


class Surroundings(Check):
    title: ClassVar[str] = "Environment"

    def look(self, case: Case) -> Iterator[Finding]:
        set_here = [name for name in FIND_CREDENTIALS if case.environment.get(name)]
        files = [case.environment.get(name) or _USUAL.get(name, name) for name in winning_files(case.environment)]
        found = [*judge(set_here, files, bare(case.folder)), *judge_variables(case.environment)]
        yield from found or [Finding("ok", "environment", "Nothing here would win over Vault's credentials.")]


def judge(set_here: Sequence[str], files: Sequence[str], bare: Sequence[str]) -> Iterator[Finding]:
    """`set_here` are variables, `files` AWS's own that have a default profile, `bare` the providers without keys."""
    if bare and (set_here or files):
        told = f"{', '.join(bare)} would take the credentials of {', '.join([*set_here, *files])}, and not Vault's."
        yield Finding("warning", "environment", told, _remedy(set_here))
    elif set_here:
        told = f"{', '.join(set_here)} set here: backends and other AWS programs take them, and not Vault's."
        yield Finding("info", "environment", told, _remedy(set_here))


def judge_variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Terraform's input variables that were given AWS keys."""
    for name, value in environment.items():
        if name.startswith("TF_VAR_") and (what := looks_like(value)):
            told = f"It holds what looks like {what}, which Terraform may write to plan and state."
            yield Finding("error", name, told, f"`unset {name}`: a rendered provider needs no such variable.")


def bare(folder: Path) -> list[str]:
    """The addresses of the AWS providers that say nothing of credentials."""
    return [
        ".".join(["provider.aws", *filter(None, [str(body.get("alias") or "").strip('"')])])
        for _, content in documents(folder, _ABOUT)
        for labels, body in blocks(content or {}, "provider")
        if labels == ("aws",) and not any(body.get(name) for name in _OWN)
    ]


def _remedy(set_here: Sequence[str]) -> str:
    run = "`consumer exec --role ROLE -- terraform …` hides them from Terraform"
    return f"{run}; or `unset {' '.join(set_here)}`." if set_here else f"{run}."
