"""`consumer mfa login`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumer.commands.mfa.options import session_options
from consumer.formats import FORMATS
from consumer.options import min_ttl_option, no_cache_option, out_option
from vault_aws_kit import terminal

if TYPE_CHECKING:
    from consumer.mfa.asked import Asked


@click.command()
@click.argument("code", required=False, default="")
@terminal.format_option(*FORMATS, default="env")
@out_option
@session_options
@min_ttl_option
@no_cache_option
def command(code: str, output: str, out: Path | None, asked: Asked, min_ttl: int | None, no_cache: bool) -> int:
    """Print a session of AWS's: the kept one while it lasts, else one by a code of your MFA device.

    The code is asked for on the terminal, or read from standard input.
    """
    from consumer import notes
    from consumer.mfa.asked import way
    from consumer.output import check_place, put_secret

    FORMATS[output].check()
    if out:
        check_place(out)
    obtained = way(asked, code, stdin=True, keep=not no_cache).obtain(min_ttl)
    put_secret(FORMATS[output].text(obtained.credentials), out)
    notes.of_obtained(obtained, min_ttl)
    return 0
