"""The one edge between the commands and the terminal: options, results, errors, exit codes.

Results go to stdout, talk goes to stderr. A command returns an exit code, and raises a KitError for what it expects
to go wrong; anything else that is raised is a bug and is reported as one.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from vault_aws_kit import CATALOG_MOUNT
from vault_aws_kit.errors import BUG, INTERRUPTED, USAGE, Declined, KitError, OutputNotWritable, Problem

if TYPE_CHECKING:
    from rich.console import Console

    from vault_aws_kit.vault import Vault

R = TypeVar("R")


_SENTENCE = 400  # characters


class CommandFolder(click.Group):
    """A group whose commands are the modules of a package, imported only when they are asked for.

    A module `rotate_root` gives the command `rotate-root`, which it defines under the name `command`.
    """

    def __init__(self, *args: Any, package: str, verbs: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._verbs = tuple(verbs)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self._verbs)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List each with the whole first sentence of its help, however many lines that takes."""
        found = {name: self.get_command(ctx, name) for name in self._verbs}
        rows = [(name, command.get_short_help_str(limit=_SENTENCE)) for name, command in found.items() if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self._verbs and not ctx.resilient_parsing:
            import difflib

            for near in difflib.get_close_matches(args[0], self._verbs, n=1):
                ctx.fail(f"There is no command {args[0]!r}. Did you mean {near!r}?")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self._verbs:
            return None
        module = importlib.import_module(f"{self._package}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        command.name = cmd_name
        return command


def run(cli: click.Command, name: str, argv: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code; nothing but a code ever comes out of it."""
    try:
        return _run(cli, name, argv)
    finally:
        if argv is None:  # the process ends here: Python needn't look for garbage first, a fifth of its time
            gc.freeze()


def _run(cli: click.Command, name: str, argv: Sequence[str] | None) -> int:
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.WARNING)
    _stand_in_for_closed_streams()
    try:
        result = cli.main(args=None if argv is None else list(argv), prog_name=name, standalone_mode=False)
    except click.exceptions.Exit as done:
        result = done.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        say("Interrupted.")
        return INTERRUPTED
    except SystemExit as end:
        return _after_click(end, name)
    except Exception as error:  # noqa: BLE001 - the last resort: a traceback would be a bug of its own
        return report(error)
    return result if isinstance(result, int) else 0


def report(error: Exception) -> int:
    """Tell a person of an error, and give its exit code."""
    if not isinstance(error, KitError):
        return _bug(error)
    _show(error)
    return error.exit_code


# ── talk, on stderr ──────────────────────────────────────────────────────────────────────────────


def say(message: str = "") -> None:
    """Tell the person at the terminal something that is no result."""
    click.echo(message, err=True)


def warn(message: str) -> None:
    say(f"{click.style('Warning:', fg='yellow', bold=True) if _coloured(sys.stderr) else 'Warning:'} {message}")


def warn_all(problems: Iterable[Problem]) -> None:
    """Say each warning, with where it stands."""
    for problem in problems:
        warn(str(problem))


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Shows the step that was done last, and how many there were, on a terminal only. Call it once for each step."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    done = count(1)
    lock = Lock()

    def step(what: str) -> None:
        with lock:
            click.echo(f"\r\x1b[K{next(done)}  {what}", err=True, nl=False)

    try:
        yield step
    finally:
        if next(done) > 1:
            click.echo("\r\x1b[K", err=True, nl=False)


def confirm(question: str, *, yes: bool) -> None:
    """Go on only if a person agrees, or `--yes` was given. Raises Declined."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Declined(f"{question} Nobody is here to answer.", hint="Add --yes to go on without asking.")
    click.echo(f"{question} [y/N] ", err=True, nl=False)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Declined("Stopped, and nothing was changed.")


def console(*, stderr: bool = False) -> Console:
    """A rich console: no colour where it is no terminal or NO_COLOR is set, and never a line cut short in a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 10_000
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=not stream.isatty())


# ── results, on stdout ───────────────────────────────────────────────────────────────────────────


def emit(text: str) -> None:
    """Print a result as it is. Raises OutputNotWritable."""
    if sys.stdout is None:  # click would say nothing, and a script go on with an empty result
        raise OutputNotWritable(
            "The output can't be written: standard output is closed.", hint="Leave it open, or send it to a file."
        )
    try:
        click.echo(text, nl=not text.endswith("\n"))
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        raise OutputNotWritable(
            f"The output can't be written: {error.strerror}.",
            hint="Nothing of it can be relied on: make room, and retry.",
        ) from None


def emit_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    emit(json.dumps(value, indent=2))


def emit_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows for a person to read, with a bold head on a terminal."""
    head, *lines = table(columns, rows)
    emit(click.style(head, bold=True) if _coloured(sys.stdout) else head)
    for line in lines:
        emit(line)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Plain columns, two spaces apart, so that `awk` and people can both read them."""
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [columns, *rows]
    ]


# ── options that many commands share ─────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class VaultOptions:
    """What the command line says of Vault; '' leaves it to the environment."""

    address: str
    namespace: str
    catalog_mount: str


def together(*options: Callable[[Any], Any]) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Several options as one, which `--help` shows in this order."""

    def add(command: Callable[..., R]) -> Callable[..., R]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


server_options = together(
    click.option("--address", metavar="URL", default="", help="Vault's address; else VAULT_ADDR."),
    click.option("--namespace", metavar="NAME", default="", help="Vault namespace; else VAULT_NAMESPACE."),
)
"""--address and --namespace, for what asks Vault and needs no catalog."""


def vault_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds --address, --namespace and --catalog-mount, which reach the command as `vault: VaultOptions`."""

    @wraps(command)
    def with_vault(*args: Any, address: str, namespace: str, catalog_mount: str, **kwargs: Any) -> R:
        return command(*args, vault=VaultOptions(address, namespace, catalog_mount), **kwargs)

    return together(
        server_options,
        click.option("--catalog-mount", metavar="PATH", default=CATALOG_MOUNT, show_default=True,
                     help="KV v2 mount that holds the catalog."),
    )(with_vault)  # fmt: skip


def format_option(*formats: str, default: str = "text") -> Callable[[Callable[..., R]], Callable[..., R]]:
    return click.option(
        "--format",
        "output",
        type=click.Choice(formats),
        default=default,
        show_default=True,
        help="Shape of the result.",
    )


def code_from_option(help: str) -> Callable[[Callable[..., R]], Callable[..., R]]:  # noqa: A002 - click's word
    """Adds --code-from, a place where Vault gives MFA codes (see `totp.parse`), or ''."""
    return click.option("--code-from", metavar="vault:PATH", default="", callback=_place_of_codes, help=help)


def _place_of_codes(context: click.Context, parameter: click.Parameter, value: str) -> str:  # noqa: ARG001 - click's
    """As it was written. Raises CodeSourceInvalid."""
    if value:
        from vault_aws_kit import totp

        totp.parse(value)
    return value


yes_option = click.option("--yes", is_flag=True, help="Don't ask, go on.")


PATIENCE = 30.0  # seconds: as long as a cluster may take to choose a new leader


def connect(options: VaultOptions, *, patience: float = 0.0) -> Vault:
    """A connection as the caller's own token (see Vault for `patience`). Raises TokenMissing, SettingsInvalid."""
    from vault_aws_kit.settings import VaultSettings, find_token
    from vault_aws_kit.vault import Vault

    settings = VaultSettings.from_environment(address=options.address, namespace=options.namespace)
    return Vault(settings, find_token(), patience=patience)


# ── inside ───────────────────────────────────────────────────────────────────────────────────────


def _after_click(end: SystemExit, name: str) -> int:
    """click ends a process itself after shell completion, and where nobody reads any more (`| head`): no error."""
    if f"_{name.upper()}_COMPLETE" in os.environ:
        return int(end.code or 0)
    _drop_output()
    return 0


def _drop_output() -> None:
    """Let Python's own flush at the end go nowhere: what it holds can't be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stand_in_for_closed_streams() -> None:
    """Python has no stream where one was closed (`<&-`, a daemon): then nobody answers, and talk goes nowhere."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - open for as long as we live
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def _coloured(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and "NO_COLOR" not in os.environ


def _show(error: KitError) -> None:
    label = click.style("Error:", fg="red", bold=True) if _coloured(sys.stderr) else "Error:"
    lead = f"{label}\n" if "\n" in error.message else f"{label} "
    say(f"{lead}{error.message}")
    if error.hint:
        say(f"  → {error.hint}")


def _bug(error: Exception) -> int:
    """Say that it is a bug. Only names of places are told, never values: one of those could be a secret."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    say(f"This is a bug in vault-aws-kit: {type(error).__name__} in {last.name} (line {last.lineno}).")
    if os.environ.get("VAULT_AWS_KIT_DEBUG"):
        say("".join(traceback.format_exception(error)))
    else:
        say("  → Please report it; VAULT_AWS_KIT_DEBUG=1 prints the whole story, which may hold values of yours.")
    return BUG
