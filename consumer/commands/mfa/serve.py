"""`consumer mfa serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumer.commands.mfa.options import session_options
from consumer.options import min_ttl_option, no_cache_option, port_option, token_file_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.mfa.asked import Asked


@click.command()
@port_option
@token_file_option
@terminal.format_option("text", "json", "env")
@session_options
@min_ttl_option
@no_cache_option
def command(port: int, token_file: Path | None, output: str, asked: Asked, min_ttl: int | None, no_cache: bool) -> int:
    """Serve a session of AWS's to SDKs on this machine, until it is ended; with --code-from ever new ones.

    Once it is ready it prints one line that says where.
    """
    from consumer import child
    from consumer.endpoint import ready
    from consumer.mfa.asked import way
    from consumer.serving import serve

    way_there = way(asked, keep=not no_cache)
    supply = way_there.supply(min_ttl)
    with child.signals_held(child.ENDING):
        line = ready.LINES[output]
        serve([way_there], [way_there], lambda _: supply(), [], port, token_file, line, asked.region)
    return 0
