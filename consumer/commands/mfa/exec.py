"""`consumer mfa exec`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from consumer.commands.mfa.options import session_options
from consumer.options import min_ttl_option, no_cache_option

if TYPE_CHECKING:
    from consumer.mfa.asked import Asked, Way


@click.command(context_settings={"allow_interspersed_args": False})
@click.option("--refresh", is_flag=True, help="Give the command ever new sessions, for as long as it runs.")
@session_options
@min_ttl_option
@no_cache_option
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD…")
def command(refresh: bool, asked: Asked, min_ttl: int | None, no_cache: bool, program: Sequence[str]) -> int:
    """Run a command with a session of AWS's: the kept one while it lasts, else one by a code of your MFA device.

    The exit code is the command's own, as for `consumer exec`.
    """
    from consumer.executing import as_a_shell
    from consumer.mfa.asked import way

    run = _refreshed if refresh else _given
    return as_a_shell(program, lambda: run(way(asked, keep=not no_cache), min_ttl, program))


def _given(way: Way, min_ttl: int | None, program: Sequence[str]) -> int:
    """A person is asked for a code before signals are held, so that Ctrl-C is heard."""
    from consumer import child, environment, notes

    obtained = way.obtain(min_ttl)
    notes.of_obtained(obtained, min_ttl)
    with child.signals_held() as mask:
        given = environment.for_child(os.environ, obtained.credentials, region=way.asked.region)
        return child.run(program, given, mask)


def _refreshed(way: Way, min_ttl: int | None, program: Sequence[str]) -> int:
    from consumer import child
    from consumer.executing import endpoint_for

    supply = way.supply(min_ttl)
    with child.signals_held() as mask, endpoint_for(way, supply, [], way.asked.region) as given:
        return child.run(program, given, mask)
