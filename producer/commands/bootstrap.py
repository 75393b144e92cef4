"""`producer bootstrap`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.options import duration_option, spec_option, take_over_option, templates_option
from vault_aws_kit import IAM_PATH, terminal

if TYPE_CHECKING:
    from producer.bootstrap import Step


@click.command()
@click.option("--engine", "engine_name", metavar="NAME", default="", help="One engine; else all of the spec's.")
@click.option("--user", metavar="NAME", default="", help="The IAM user's name; else vak-SPEC-ENGINE.")
@click.option("--path", default=IAM_PATH, show_default=True, help="The IAM user's path.")
@click.option("--boundary", metavar="ARN", default="", help="A permissions boundary for the IAM user itself.")
@click.option(
    "--print-policy", is_flag=True, help="Print the user's policies and do nothing; asks neither AWS nor Vault."
)
@duration_option("--lock-timeout", default="90s", help="How long to wait for a setup that is at work.")
@take_over_option
@spec_option
@templates_option
@terminal.yes_option
@terminal.format_option("text", "json")
@terminal.vault_options
def command(
    engine_name: str,
    user: str,
    path: str,
    boundary: str,
    print_policy: bool,
    lock_timeout: int,
    take_over: bool,
    spec_file: Path,
    templates: Sequence[Path],
    yes: bool,
    output: str,
    vault: terminal.VaultOptions,
) -> int:
    """Give an engine an IAM user of its own, with no more rights than its roles need and a key that nobody knows.

    Needs AWS credentials here that may write IAM; temporary ones are fine. Run it before the first `producer setup`,
    and again whenever roles were added that need more rights.
    """
    from producer import root_policy
    from producer.bootstrap import Bootstrap, Choices, engines_named, wanted_user
    from producer.iam_account import open_account
    from producer.spec import load_spec

    spec = load_spec(spec_file, templates)
    engines = engines_named(spec, engine_name)
    if user and len(engines) > 1:
        raise click.UsageError("--user needs --engine: each engine has a user of its own.")
    choices = Choices(user, path, boundary, vault.catalog_mount, take_over, lock_timeout)
    for engine in engines:
        for note in root_policy.notes(spec, engine):
            terminal.warn(note)
    if print_policy:
        users = {engine.name: wanted_user(spec, engine, choices) for engine in engines}
        found = {one.name: root_policy.root_documents(spec, one, users[one.name]) for one in engines}
        terminal.emit_json(found)
        return 0
    account = open_account()
    done: dict[str, list[str]] = {}
    with terminal.connect(vault, patience=terminal.PATIENCE) as connection:
        for engine in engines:
            steps = Bootstrap(spec, engine, connection, account, choices).run(_approval(engine.name, yes=yes))
            done[engine.name] = [step.text for step in steps]
    if output == "json":
        terminal.emit_json(done)
    for name, texts in done.items() if output == "text" else ():
        terminal.emit(f"{name}: {'done' if texts else 'nothing to do'}.")
    return 0


def _approval(engine: str, *, yes: bool) -> Callable[[Sequence[Step]], None]:
    def approve(steps: Sequence[Step]) -> None:
        terminal.say("\n".join([f"Engine {engine}:", *(f"  {step.text}" for step in steps)]))
        terminal.confirm("Do this?", yes=yes)

    return approve
