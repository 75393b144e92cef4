"""A login that somebody asked for: by the method that was chosen, or by what is here, and with a person's answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumer.logins import proofs
from consumer.logins.target import Target, role_of
from vault_aws_kit import terminal
from vault_aws_kit.auth.interface import LoginMethod
from vault_aws_kit.errors import LoginFailed
from vault_aws_kit.settings import variable

if TYPE_CHECKING:
    from consumer.logins.proofs import Proof
    from vault_aws_kit.vault import Vault


@dataclass(frozen=True)
class Options:
    """What the command line says of single methods; '' and None leave it to the environment."""

    team: str = ""
    role_id: str = ""
    wrapped: bool = False
    token_file: Path | None = None
    audience: str = ""
    username: str = ""
    server_id: str = ""
    sts_region: str = ""
    callback_port: int = 0
    no_browser: bool = False


@dataclass(frozen=True)
class Way:
    """A method, why it is taken, and how to make it for a target."""

    name: str
    why: str
    method: Callable[[Target], LoginMethod] = field(repr=False)


def way(vault: Vault, target: Target, options: Options) -> Way:
    """How to log in. Raises LoginFailed where there is nothing to log in with."""
    name = _named(target, options)
    target = replace(target, method=name)
    if name:
        return _BY_HAND[name](vault, target, options)
    found = proofs.find(os.environ)
    proof = proofs.choose(found, target)
    if not proof and (variable(os.environ, "ROLE_ID") or variable(os.environ, "SECRET_ID")):
        return _approle(vault, target, options)  # half of a pair: it says what is missing
    if not proof:
        raise _nothing(found)
    others = [other.source for other in found if other.by_itself and other is not proof]
    besides = f" (there is also {', '.join(others)}: choose with --method)" if others else ""
    return Way(proof.method, f"{proof.source} {'are' if ' and ' in proof.source else 'is'} here{besides}", proof.login)


def _named(target: Target, options: Options) -> str:
    """The method that was chosen, or that an option is for; '' where nothing says so.

    Raises click.UsageError for an option of another method: it would be ignored.
    """
    given = [name for name in _FOR if getattr(options, name)]
    for name in given:
        if target.method not in ("", *_FOR[name]):
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} is for {' and '.join(_FOR[name])}, and not for {target.method}.")
    return target.method or next((_FOR[name][0] for name in given), "")


def _nothing(found: list[Proof]) -> LoginFailed:
    waiting = next((proof.source for proof in found if proof.by_itself and proof.needs_role), "")
    if waiting:
        return _missing(
            "role", f"{waiting} is here to log in with: name its role with --role, --team or VAULT_AUTH_ROLE."
        )
    return LoginFailed(
        f"There is nothing to log in with. Looked for: {'; '.join(proofs.LOOKED_FOR)}.",
        hint="Choose a method that asks you with --method: oidc (browser), userpass or ldap (password), token.",
    )


# ── methods that have options of their own, or ask ──────────────────────────────────────────────


def _approle(vault: Vault, target: Target, options: Options) -> Way:
    from vault_aws_kit.auth.approle import MOUNT, AppRole
    from vault_aws_kit.auth.wrapping import unwrap_secret_id

    role_id = options.role_id or variable(os.environ, "ROLE_ID")
    if not role_id:
        raise _missing("role_id", "Set VAULT_ROLE_ID, or give --role-id: it is no secret.")
    mount = target.mount or MOUNT
    if options.wrapped:
        secret_id = unwrap_secret_id(vault, _from_stdin("wrapping token"), mount=mount, role=role_of(options.team))
    else:
        secret_id = variable(os.environ, "SECRET_ID")
    if not secret_id:
        raise _missing("secret_id", "Set VAULT_SECRET_ID, or use --wrapped with a token of `producer handover`.")
    why = "a wrapped secret_id was given" if options.wrapped else "a role_id and a secret_id are here"
    return Way("approle", why, lambda _: AppRole(role_id.strip(), secret_id.strip(), mount))


def _jwt(_vault: Vault, _target: Target, options: Options) -> Way:
    if options.token_file:
        proof = proofs.signed_token(_from_file(options.token_file), str(options.token_file))
    else:
        proof = _found("jwt") or proofs.signed_token(_from_stdin("signed token"), "standard input")
    return Way("jwt", f"with {proof.source}", proof.login)


def _kubernetes(_vault: Vault, target: Target, options: Options) -> Way:
    if not target.role:
        raise _missing("role", "Name it with --role, --team or VAULT_AUTH_ROLE.")
    if options.token_file:
        proof = proofs.service_account(_from_file(options.token_file), str(options.token_file))
        return Way("kubernetes", f"with {proof.source}", proof.login)
    found = _found("kubernetes")
    if not found:
        raise _missing("service account's token", f"It is not at {proofs.SERVICE_ACCOUNT}: name it with --token-file.")
    return Way("kubernetes", f"with {found.source}", found.login)


def _oidc(_vault: Vault, _target: Target, options: Options) -> Way:
    def method(target: Target) -> LoginMethod:
        from vault_aws_kit.auth.oidc import MOUNT, PORT, Oidc

        return Oidc(_shown(options), target.role, target.mount or MOUNT, options.callback_port or PORT)

    return Way("oidc", "a browser shows Vault who you are", method)


def _aws(_vault: Vault, _target: Target, options: Options) -> Way:
    server_id = options.server_id or os.environ.get("VAULT_AWS_KIT_SERVER_ID", "")
    region = options.sts_region or os.environ.get("VAULT_AWS_KIT_STS_REGION", "")
    return Way("aws", "with the AWS credentials that boto3 finds", proofs.aws(server_id, region).login)


def _cert(_vault: Vault, _target: Target, _options: Options) -> Way:
    def method(target: Target) -> LoginMethod:
        from vault_aws_kit.auth.cert import MOUNT, Cert

        return Cert(target.role, target.mount or MOUNT)

    return Way("cert", "with VAULT_CLIENT_CERT", method)


def _password(_vault: Vault, target: Target, options: Options) -> Way:
    method = target.method
    name, word = proofs.PASSWORDS[method]
    username = options.username or os.environ.get(name) or os.environ.get("LOGNAME") or os.environ.get("USER") or ""
    if not username:
        raise _missing("user's name", "Give --username.")
    if os.environ.get(word):
        proof = proofs.password(method, username, os.environ[word], word)
    else:
        proof = proofs.password(method, username, _from_stdin(f"password of {username}"), "a password")
    return Way(method, f"as {username}, with {proof.source}", proof.login)


def _token(_vault: Vault, _target: Target, _options: Options) -> Way:
    from vault_aws_kit.auth.token import Token

    token = variable(os.environ, "TOKEN") or _from_stdin("Vault token")
    return Way("token", "the one that was given is checked", lambda _: Token(token))


_FOR: dict[str, tuple[str, ...]] = {
    "role_id": ("approle",),
    "wrapped": ("approle",),
    "token_file": ("jwt", "kubernetes"),
    "audience": ("jwt",),
    "username": ("userpass", "ldap"),
    "server_id": ("aws",),
    "sts_region": ("aws",),
    "callback_port": ("oidc",),
    "no_browser": ("oidc",),
}
"""The methods that an option is for; the first is meant where none is chosen."""
_BY_HAND: dict[str, Callable[[Vault, Target, Options], Way]] = {
    "approle": _approle,
    "jwt": _jwt,
    "kubernetes": _kubernetes,
    "oidc": _oidc,
    "aws": _aws,
    "cert": _cert,
    "userpass": _password,
    "ldap": _password,
    "token": _token,
}


# ── what a person gives ─────────────────────────────────────────────────────────────────────────


def _found(method: str) -> Proof | None:
    return next((proof for proof in proofs.find(os.environ) if proof.method == method), None)


def _shown(options: Options) -> Callable[[str], None]:
    """Tells the URL, and opens a browser on it where there is one for a screen."""

    def show(url: str) -> None:
        terminal.say(f"Log in with a browser on this machine:\n\n    {url}\n")
        browser = None if options.no_browser else _browser()
        if browser:
            threading.Thread(target=_run, args=(browser, url), daemon=True).start()

    return show


def _browser() -> str | None:
    """What opens a URL on this screen; without a screen a browser would take the terminal over, or do nothing."""
    if sys.platform == "darwin":
        return shutil.which("open")
    if any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        return shutil.which(os.environ.get("BROWSER") or "xdg-open")
    return None


def _run(browser: str, url: str) -> None:
    """It gets no stream of ours: a browser that keeps one open would hold up whoever reads our output to its end."""
    null = subprocess.DEVNULL
    subprocess.run([browser, url], stdin=null, stdout=null, stderr=null, start_new_session=True, check=False)


def _from_stdin(what: str) -> str:
    """One line, not shown where a person types it."""
    if sys.stdin.isatty():
        given = str(click.prompt(what[0].upper() + what[1:], hide_input=True, err=True))
    else:
        given = sys.stdin.readline()
    if not given.strip():
        raise _missing(what, f"Give the {what} on standard input.")
    return given.strip()


def _from_file(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, ValueError) as error:
        raise LoginFailed(f"{path} can't be read: {error}.", hint="Name the file that holds the token.") from None


def _missing(what: str, hint: str) -> LoginFailed:
    return LoginFailed(f"No {what} to log in with.", hint=hint)
