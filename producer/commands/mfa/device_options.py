"""What `enroll`, `rotate` and `unenroll` are told: whose device, and which key of which Vault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from producer.options import mount_path, profile_option
from vault_aws_kit import stopping, terminal

if TYPE_CHECKING:
    from producer.mfa_device.enrolment import Enrolment
    from producer.mfa_device.readers import Login

R = TypeVar("R")


@dataclass(frozen=True)
class Target:
    """An IAM user, and the key that is to be the user's device. `name` '' is what follows from the user's name."""

    user: str
    mount: str
    name: str
    profile: str
    vault: terminal.VaultOptions


def target_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds USER and where everything is found, which reach the command as `target: Target`."""

    @wraps(command)
    def with_target(
        *args: Any, user: str, totp_mount: str, name: str, profile: str, address: str, namespace: str, **kwargs: Any
    ) -> R:
        vault = terminal.VaultOptions(address, namespace, "")
        return command(*args, target=Target(user, totp_mount, name, profile, vault), **kwargs)

    return terminal.together(
        click.argument("user", metavar="USER", callback=_user),
        click.option("--totp-mount", metavar="PATH", default="totp", show_default=True, callback=mount_path,
                     help="Mount of Vault's TOTP engine."),
        click.option("--name", metavar="NAME", default="", callback=_name,
                     help="The key's name in Vault; else the user's."),
        profile_option,
        terminal.server_options,
    )(with_target)  # fmt: skip


def _logins(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[Login, ...]:
    from producer.mfa_device.readers import Login

    try:
        return tuple(map(Login.parse, values))
    except ValueError as error:
        raise click.BadParameter(f"{error}.", ctx, param) from None


login_option = click.option(
    "--login",
    "logins",
    metavar="METHOD:MOUNT/ROLE",
    multiple=True,
    callback=_logins,
    help="A login that may read the codes, as approle:approle/ci; may be repeated.",
)

qr_option = click.option(
    "--export-qr", is_flag=True, help="Show the seed as a QR code for a person's second device. Only on a terminal."
)


@contextmanager
def opened(target: Target, *, gone: bool = False) -> Iterator[Enrolment]:
    """The enrolment that is meant. `gone` is whether the IAM user may be gone. Raises IamUserUnknown.

    Whoever stops the command, however that is done, ends the block in order.
    """
    from producer.iam_account import open_account
    from producer.mfa_device.device import unknown_user
    from producer.mfa_device.enrolment import Enrolment
    from producer.mfa_device.totp_key import TotpKey, key_name

    account = open_account(target.profile)
    found = account.find_user(target.user)
    if not found and not gone:
        raise unknown_user(account, target.user)
    user = found.name if found else target.user
    with (
        terminal.connect(target.vault, patience=terminal.PATIENCE) as connection,
        stopping.in_order(until="it is all in order again"),
    ):
        yield Enrolment(account, user, TotpKey(connection, target.mount, target.name or key_name(user)), terminal.say)


def check_terminal() -> None:
    """A seed is shown to a person and to nobody else: not to a file, a pipe or a CI's log."""
    import sys

    if not (sys.stderr.isatty() and sys.stdin.isatty()):
        raise click.UsageError("--export-qr shows a secret, so it needs a terminal, and a person at it.")


def _user(ctx: click.Context, param: click.Parameter, value: str) -> str:
    from producer.mfa_device.device import USER_NAME

    if not USER_NAME.fullmatch(value):
        raise click.BadParameter(
            f"{value!r} is no IAM user name: letters, digits and +=,.@_- only, without path and ARN.", ctx, param
        )
    return value


def _name(ctx: click.Context, param: click.Parameter, value: str) -> str:
    from producer.mfa_device.totp_key import is_name

    if value and not is_name(value):
        raise click.BadParameter(f"{value!r} can't be: letters, digits, and . - @ _ within.", ctx, param)
    return value
