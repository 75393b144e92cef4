"""The API token for a host, found where Terraform's CLI and its tfe provider find it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from vault_aws_kit.errors import SettingsInvalid, TfeTokenMissing
from vault_aws_kit.tfe import cli_config
from vault_aws_kit.tfe.settings import comparable

_PREFIX = "TF_TOKEN_"


@dataclass(frozen=True)
class Token:
    """A token, and where it was found: `source` may be told, the value never."""

    value: str = field(repr=False)
    source: str


def find_token(host: str, env: Mapping[str, str] | None = None) -> Token:
    """The token for a host (see `comparable`).

    TFE_TOKEN comes first, as for the tfe provider; then, as for the CLI, TF_TOKEN_HOST, a `credentials` block, and the
    credentials helper. Raises TfeTokenMissing, SettingsInvalid.
    """
    env = os.environ if env is None else env
    return _checked(_from_variables(host, env) or _from_cli(host, env), host)


def _from_variables(host: str, env: Mapping[str, str]) -> Token | None:
    if env.get("TFE_TOKEN"):
        return Token(env["TFE_TOKEN"], "TFE_TOKEN")
    found = [name for name in env if name.startswith(_PREFIX) and host_of(name) == host and env[name]]
    return Token(env[found[0]], found[0]) if found else None


def _from_cli(host: str, env: Mapping[str, str]) -> Token | None:
    config = cli_config.read(env)
    if kept := config.tokens.get(host):
        return Token(kept.token, kept.source)
    if config.helper and (value := cli_config.ask(config.helper, host, env)):
        return Token(value, f"the credentials helper {config.helper.name}")
    return None


def host_of(variable: str) -> str:
    """The host that a variable TF_TOKEN_… is for, '' for none.

    Dots may be written as underscores, hyphens as two of them, and the host as UTF-8 or as punycode.
    https://developer.hashicorp.com/terraform/cli/config/config-file#environment-variable-credentials
    """
    written = variable.removeprefix(_PREFIX).replace("__", "-").replace("_", ".")
    try:
        return comparable(written)
    except ValueError:
        return ""


def _checked(token: Token | None, host: str) -> Token:
    if token is None:
        raise TfeTokenMissing(
            f"There is no API token for {host}: TFE_TOKEN and {variable_for(host)} are not set, and Terraform's CLI "
            "configuration has none.",
            hint=f"Run `terraform login {host}`, or set TFE_TOKEN to a user's or team's token.",
        )
    value = token.value.strip()
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise SettingsInvalid(
            f"What {token.source} has as the token for {host} is none: it holds spaces or control characters.",
            hint=f"Set it to the token alone, or run `terraform login {host}`.",
        )
    return Token(value, token.source)


def variable_for(host: str) -> str:
    """The variable that Terraform's CLI reads for a host, as a shell can set it."""
    return _PREFIX + host.replace("-", "__").replace(".", "_")
