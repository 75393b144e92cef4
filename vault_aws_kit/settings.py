"""Where Vault is and how to reach it, found as Vault's own tools find it.

Source: https://developer.hashicorp.com/vault/docs/commands#environment-variables (OpenBao reads the same
with BAO_ in front, and its own name wins there, so it does here).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from vault_aws_kit.errors import SettingsInvalid, TokenMissing

DEFAULT_ADDRESS = "https://127.0.0.1:8200"
HELPER_TIMEOUT = 30
_HELPER = re.compile(r'^\s*token_helper\s*=\s*"((?:[^"\\]|\\.)*)"', re.MULTILINE)


@dataclass(frozen=True)
class VaultSettings:
    """All that decides how Vault is reached; the token is no part of it."""

    address: str = DEFAULT_ADDRESS
    namespace: str = ""
    ca_cert: str = ""
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""
    tls_server_name: str = ""
    skip_verify: bool = False
    timeout: int = 60
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False, compare=False)
    assumed: bool = False
    """Whether nobody said where Vault is, so that its tools' default was taken."""

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, address: str = "", namespace: str = ""
    ) -> VaultSettings:
        """Settings from the environment; what is given by name comes first. Raises SettingsInvalid."""
        env = os.environ if environment is None else environment
        found = cls(
            address=address or variable(env, "ADDR") or DEFAULT_ADDRESS,
            namespace=namespace or variable(env, "NAMESPACE"),
            ca_cert=variable(env, "CACERT"),
            ca_path=variable(env, "CAPATH"),
            client_cert=variable(env, "CLIENT_CERT"),
            client_key=variable(env, "CLIENT_KEY"),
            tls_server_name=variable(env, "TLS_SERVER_NAME"),
            skip_verify=_flag(variable(env, "SKIP_VERIFY")),
            timeout=_timeout(variable(env, "CLIENT_TIMEOUT")),
            environment=env,
            assumed=not (address or variable(env, "ADDR")),
        )
        return replace(found, address=_checked_address(found.address).rstrip("/"))._with_files_checked()

    def _with_files_checked(self) -> VaultSettings:
        named = {
            "VAULT_CACERT": self.ca_cert,
            "VAULT_CAPATH": self.ca_path,
            "VAULT_CLIENT_CERT": self.client_cert,
            "VAULT_CLIENT_KEY": self.client_key,
        }
        for name, path in named.items():
            if path and not os.access(path, os.R_OK):
                raise SettingsInvalid(
                    f"{name} names {path}, which is not there or can't be read.",
                    hint=f"Correct or unset {name}.",
                )
        return self


def variable(env: Mapping[str, str], name: str) -> str:
    """The value of BAO_<name> or VAULT_<name>, '' where neither is set."""
    return env.get(f"BAO_{name}") or env.get(f"VAULT_{name}") or ""


def home(env: Mapping[str, str]) -> Path:
    """HOME, or what the system says of this user, as Vault's tools go by it. Raises SettingsInvalid for neither."""
    if env.get("HOME"):
        return Path(env["HOME"])
    import pwd

    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise SettingsInvalid(
            "There is no home folder to look for a Vault token in: HOME is not set, and the system doesn't know the "
            f"user {os.getuid()}.",
            hint="Set HOME. Or set VAULT_TOKEN, and log in with --print-token.",
        ) from None


def find_token(env: Mapping[str, str] | None = None) -> str:
    """VAULT_TOKEN, or what the token helper gives: an external one if ~/.vault names it, else ~/.vault-token.

    Raises TokenMissing where there is none, SettingsInvalid where a helper fails.
    """
    env = os.environ if env is None else env
    token = (variable(env, "TOKEN") or _stored_token(env)).strip()
    if not token:
        raise TokenMissing(
            "No Vault token: VAULT_TOKEN is not set, and there is none in ~/.vault-token.",
            hint="Log in first: `vault login …`, or `consumer login`.",
        )
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise SettingsInvalid(
            "What is set as Vault's token is none: it holds spaces or control characters.",
            hint="Set VAULT_TOKEN to the token alone, or log in again.",
        )
    return token


def store_token(token: str, env: Mapping[str, str] | None = None) -> str:
    """Keep a token where Vault's tools will find it; returns where that is. The token is never in argv."""
    env = os.environ if env is None else env
    helper = token_helper(env)
    if helper:
        run_helper(helper, "store", env, given=token)
        return f"the token helper {helper}"
    path = home(env) / ".vault-token"
    _write_private(path, token)
    return str(path)


def token_helper(env: Mapping[str, str]) -> str:
    """The external token helper that ~/.vault (or VAULT_CONFIG_PATH) configures, '' where none is."""
    config = Path(variable(env, "CONFIG_PATH") or home(env) / ".vault")
    try:
        found = _HELPER.search(config.read_text())
    except OSError:
        return ""
    return found.group(1).replace('\\"', '"').replace("\\\\", "\\") if found else ""


def run_helper(helper: str, verb: str, env: Mapping[str, str], given: str = "") -> str:
    """Ask an external token helper to `get`, `store` or `erase`, by Vault's protocol: one argument, stdin, stdout."""
    import subprocess

    try:
        done = subprocess.run(
            [helper, verb], input=given, env=dict(env), capture_output=True, text=True,
            timeout=HELPER_TIMEOUT, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SettingsInvalid(
            f"The token helper {helper} can't be run: {error}.", hint="Correct token_helper in ~/.vault."
        ) from None
    if done.returncode:
        raise SettingsInvalid(
            f"The token helper {helper} failed on {verb!r} with exit code {done.returncode}.",
            hint="Run it by hand to see why, or set VAULT_TOKEN.",
        )
    return done.stdout


def _stored_token(env: Mapping[str, str]) -> str:
    helper = token_helper(env)
    if helper:
        return run_helper(helper, "get", env)
    try:
        return (home(env) / ".vault-token").read_text()
    except OSError:
        return ""


def _write_private(path: Path, text: str) -> None:
    """Replace a file in one step by one that only its owner can read."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise SettingsInvalid(
            f"The token can't be kept in {path}: {error.strerror}.",
            hint="Make the folder writable, or use the token from VAULT_TOKEN.",
        ) from None


def _checked_address(address: str) -> str:
    if not _is_address(address):
        raise SettingsInvalid(
            f"{address!r} is no address of a Vault server.",
            hint="Set VAULT_ADDR to something like https://vault.example.com:8200.",
        )
    return address


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bracket without its other half, or a port that is no number
        return False


def _flag(text: str) -> bool:
    if text.lower() in ("", "0", "f", "false"):
        return False
    if text.lower() in ("1", "t", "true"):
        return True
    raise SettingsInvalid(f"VAULT_SKIP_VERIFY is {text!r}.", hint="Set it to true or false.")


def _timeout(text: str) -> int:
    from vault_aws_kit import clock

    if not text:
        return 60
    try:
        return clock.seconds(text)
    except ValueError:
        raise SettingsInvalid(f"VAULT_CLIENT_TIMEOUT is {text!r}.", hint="Set it to 30s, say.") from None
