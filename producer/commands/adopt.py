"""`producer adopt`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from vault_aws_kit import terminal


@click.command()
@click.option("--mount", "mounts", multiple=True, required=True, help="The engine's mount; may be repeated.")
@click.option("--name", default="", help="The spec's name. Default: the first engine's.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the spec here; must not exist.")
@terminal.vault_options
def command(mounts: Sequence[str], name: str, out: Path | None, vault: terminal.VaultOptions) -> None:
    """Print a spec made from engines that Vault has already, and change nothing."""
    from producer.adopt import LiveLogin, read_engines, read_logins, write_spec
    from vault_aws_kit.errors import NotAllowed, OutputExists, OutputNotWritable

    logins: list[LiveLogin] = []
    with terminal.connect(vault) as connection:
        engines = read_engines(list(dict.fromkeys(m.strip("/") for m in mounts)), connection, vault.catalog_mount)
        try:
            logins = read_logins(engines, connection)
        except NotAllowed as error:
            terminal.warn(f"No teams are suggested: {error.message}")
    adopted = write_spec(name, engines, logins)
    for warning in adopted.warnings:
        terminal.warn(f"Not expressed: {warning}")
    if out is None:
        terminal.emit(adopted.text)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(adopted.text)
    except FileExistsError:
        raise OutputExists(f"{out} is there already.", hint="Give another --out, or remove it.") from None
    except OSError as error:
        raise OutputNotWritable(f"{out} can't be written: {error.strerror}.") from None
    terminal.say(f"Written to {out}: `producer plan --spec {out}` shows what a setup would claim.")
