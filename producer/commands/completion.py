"""`producer completion`."""

from __future__ import annotations

import click

from vault_aws_kit import completion, terminal


@click.command()
@click.argument("shell", type=click.Choice(completion.SHELLS))
def command(shell: str) -> int:
    """Print what makes a shell complete this command: verbs, options, and names from the catalog.

    For ~/.bashrc or ~/.zshrc: eval "$(producer completion bash)", with the shell's name. For fish:
    producer completion fish > ~/.config/fish/completions/producer.fish
    """
    terminal.emit(completion.script("producer", shell))
    return 0
