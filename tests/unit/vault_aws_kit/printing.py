"""A command that prints more than a pipe holds, or asks a question."""

from __future__ import annotations

import sys

import click

from vault_aws_kit import terminal


@click.command()
@click.argument("shape")
def command(shape: str) -> None:
    rows = [["x" * 60, "y"]] * 5000
    if shape == "table":
        terminal.emit_table(("A", "B"), rows)
    elif shape == "json":
        terminal.emit_json(rows)
    elif shape == "question":
        terminal.confirm("Go on?", yes=False)
    else:
        terminal.emit("x" * 300_000)


if __name__ == "__main__":
    sys.exit(terminal.run(command, "printing"))
