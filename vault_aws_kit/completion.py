"""Shell completion: the scripts, and names from the catalog. It is silent and quick, whatever is wrong.

Somebody is in the middle of a line: an error's text would be written into it, and a Vault that is away must not hold it
up. So what can't be had in time is no name, and nothing more.
"""

from __future__ import annotations

import logging
import math
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from vault_aws_kit.vault import Vault

SHELLS = ("bash", "zsh", "fish")
WITHIN = 2.0  # seconds, for all that is asked together, unless the variable says more
VARIABLE = "VAULT_AWS_KIT_COMPLETION_TIMEOUT"

Find: TypeAlias = Callable[[click.Context], Mapping[str, str]]
"""The names that can stand here, and what a shell that can tells of each."""


class _TooLate(BaseException):
    """Time is up. No handler of errors on the way may take it for one."""


def script(program: str, shell: str) -> str:
    """What a shell evaluates, so that it asks the program itself whenever somebody presses Tab."""
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(f"there is no completion for {shell}.")
    completer = kind(click.Command(program), {}, program, f"_{program.upper()}_COMPLETE")
    return ShellComplete.source(completer)  # bash's own would run bash first to learn its version


def names(find: Find) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem[Any]]]:
    """A `shell_complete` for an option: the names that begin as what stands there already."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:  # noqa: ARG001
        from click.shell_completion import CompletionItem

        logging.disable()
        try:
            with _limited(_patience()):
                found = find(ctx)
        except (_TooLate, Exception):  # noqa: BLE001 - whatever is wrong, this is not the moment to tell
            return []
        return [
            CompletionItem(name, help=told)
            for name, told in found.items()
            if name.startswith(incomplete) and name.isprintable()
        ]

    return complete


def connection(ctx: click.Context) -> Vault:
    """Vault as the options so far say, with the token that there is. Raises TokenMissing, SettingsInvalid."""
    from vault_aws_kit.settings import VaultSettings, find_token
    from vault_aws_kit.vault import Vault

    given = ctx.params
    settings = VaultSettings.from_environment(
        address=given.get("address") or "", namespace=given.get("namespace") or ""
    )
    return Vault(replace(settings, timeout=math.ceil(_patience())), find_token())


def catalog_mount(ctx: click.Context) -> str:
    from vault_aws_kit.contract import CATALOG_MOUNT

    return ctx.params.get("catalog_mount") or CATALOG_MOUNT


def _patience() -> float:
    """Seconds. Raises ValueError for what is no number."""
    return float(os.environ.get(VARIABLE) or WITHIN)


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Stop what is done inside when the time is up, even in the middle of waiting for a server."""

    def stop(*_: object) -> None:
        raise _TooLate

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
