"""The consumer's own commands, as rendered files tell people and AWS profiles to run them."""

from __future__ import annotations

import shlex

from consumer.render.interface import Block, Snippet
from vault_aws_kit import clock


def creds(block: Block, snippet: Snippet) -> str:
    """What an AWS profile runs: the SDKs split it as a shell does."""
    words = [
        "consumer",
        "creds",
        *_place(snippet),
        *_role(block),
        *(["--no-prompt"] if block.role.mfa_serial_number else []),
        *_wait(block, snippet),
        "--format",
        "credential-process",
    ]
    return shlex.join(words)


def run(block: Block, snippet: Snippet) -> str:
    """What goes before a program that shall have the credentials in its environment."""
    return shlex.join(["consumer", "exec", *_place(snippet), *_role(block), *_wait(block, snippet)])


def _role(block: Block) -> list[str]:
    arn = ["--role-arn", block.role_arn] if block.role_arn else []
    return ["--role", block.role_name or block.role.name, *arn]


def _wait(block: Block, snippet: Snippet) -> list[str]:
    """Keys are waited for where the provider will use them; sessions are good at once."""
    if not snippet.wait or block.role.type != "iam_user":
        return []
    region = ["--region", block.region] if block.region else []
    return ["--wait-for-iam", clock.duration(snippet.wait), *region]


def _place(snippet: Snippet) -> list[str]:
    vault = snippet.vault
    address = ["--address", vault.address] if vault.address else []
    namespace = ["--namespace", vault.namespace] if vault.namespace else []
    return [*address, *namespace, *snippet.consumer]
