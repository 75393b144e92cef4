"""The consumer's own commands, as rendered files tell people and AWS profiles to run them."""

from __future__ import annotations

import shlex

from consumer.render.interface import Block, Snippet


def creds(block: Block, snippet: Snippet) -> str:
    """What an AWS profile runs: the SDKs split it as a shell does."""
    words = ["consumer", "creds", *_place(snippet), *_role(block), "--format", "credential-process"]
    return shlex.join(words)


def run(block: Block, snippet: Snippet) -> str:
    """What goes before a program that shall have the credentials in its environment."""
    return shlex.join(["consumer", "exec", *_place(snippet), *_role(block)])


def _role(block: Block) -> list[str]:
    arn = ["--role-arn", block.role_arn] if block.role_arn else []
    return ["--role", block.role_name or block.role.name, *arn]


def _place(snippet: Snippet) -> list[str]:
    vault = snippet.vault
    address = ["--address", vault.address] if vault.address else []
    namespace = ["--namespace", vault.namespace] if vault.namespace else []
    return [*address, *namespace, *snippet.consumer]
