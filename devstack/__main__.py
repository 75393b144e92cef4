"""`python -m devstack up | status | down`: a stack for as long as a person wants it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from devstack import docker, stack, steps
from devstack.errors import StackError
from devstack.folder import Folder
from devstack.servers.choice import SOURCES

FAILED = 1
NOT_RUNNING = 3
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    steps.talk()
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except StackError as error:
        print(f"Error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED


def _up(options: argparse.Namespace) -> int:
    """Start the stack and write DIR/env."""
    before = stack.find(options.dir)
    Folder(options.dir.absolute()).make()
    now = stack.up(options.dir, server=options.server, with_terraform=options.terraform)
    print(f"{now.title} {'runs already' if before else 'runs'} at {now.vault_addr}, with AWS beside it.")
    print(f"Use it with:  . {now.folder / 'env'}")
    print("A shell that did sees the stack's AWS and no other, and no other HTTPS hosts either: leave it to be back.")
    return 0


def _status(options: argparse.Namespace) -> int:
    """Say what runs."""
    now = stack.find(options.dir)
    print(f"{now.title} runs at {now.vault_addr}." if now else f"No stack runs in {options.dir.absolute()}.")
    return 0 if now else NOT_RUNNING


def _down(options: argparse.Namespace) -> int:
    """End the stack and remove what it wrote."""
    ended = stack.down(options.dir)
    print("Ended the stack." if ended else f"There is no stack in {options.dir.absolute()}.")
    return 0


def _prefetch(options: argparse.Namespace) -> int:
    """Download and build what a stack needs, and start nothing."""
    stack.prepare(options.server, with_terraform=options.terraform)
    return 0


def _docker(options: argparse.Namespace) -> int:
    """Run a command with a Docker engine, one of our own if none answers."""
    return docker.run(options.command)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devstack", description=sys.modules[__name__].__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run in {"up": _up, "status": _status, "down": _down, "prefetch": _prefetch}.items():
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        if name != "prefetch":
            command.add_argument("--dir", type=Path, default=Path(".stack"), help="the stack's folder (.stack)")
        if name in ("up", "prefetch"):
            command.add_argument("--server", choices=[source.name for source in SOURCES], help="which server")
            command.add_argument("--no-terraform", dest="terraform", action="store_false", help="leave Terraform out")
    command = commands.add_parser("docker", help=_docker.__doc__, description=docker.__doc__)
    command.set_defaults(run=_docker)
    command.add_argument("command", nargs="+", help="the command and its arguments, behind a --")
    return parser


if __name__ == "__main__":
    sys.exit(main())
