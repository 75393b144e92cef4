"""What Terraform's CLI configuration says of credentials.

Source: https://developer.hashicorp.com/terraform/cli/config/config-file and the CLI's own
internal/command/cliconfig: the main file, then the files of ~/.terraform.d in the order of their names, later ones
winning; only the main file where TF_CLI_CONFIG_FILE names one.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vault_aws_kit.errors import SettingsInvalid
from vault_aws_kit.settings import home
from vault_aws_kit.tfe.settings import comparable

HELPER_TIMEOUT = 30  # seconds


@dataclass(frozen=True)
class Helper:
    """A program that keeps tokens; https://developer.hashicorp.com/terraform/internals/credentials-helpers."""

    name: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class Credentials:
    """A host's token, and the file it stands in."""

    token: str = field(repr=False)
    source: str


@dataclass(frozen=True)
class CliConfig:
    """Tokens by host (see `comparable`), and the helper that is asked for all others."""

    tokens: Mapping[str, Credentials]
    helper: Helper | None = None


def read(env: Mapping[str, str]) -> CliConfig:
    """The CLI's configuration. Raises SettingsInvalid for a file that can't be read."""
    tokens: dict[str, Credentials] = {}
    helper = None
    for path in _files(env):
        content = _parsed(path)
        for host, body in _labelled(content.get("credentials")):
            token = body.get("token")
            if isinstance(token, str) and token and (known := _comparable(host)):
                tokens[known] = Credentials(token, str(path))
        for name, body in _labelled(content.get("credentials_helper")):
            helper = Helper(name, tuple(str(arg) for arg in body.get("args") or ()))
    return CliConfig(tokens, helper)


def ask(helper: Helper, host: str, env: Mapping[str, str]) -> str:
    """The token that a helper keeps for a host, '' for none. Raises SettingsInvalid where the helper fails."""
    import subprocess

    program = _program(helper, env)
    try:
        done = subprocess.run(
            [program, *helper.args, "get", host], env=dict(env), capture_output=True, text=True,
            timeout=HELPER_TIMEOUT, check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        answer = json.loads(done.stdout)
        return str(answer.get("token") or "")
    except (OSError, subprocess.SubprocessError, ValueError, AttributeError) as error:
        raise SettingsInvalid(
            f"Terraform's credentials helper {program} gave no answer for {host} ({type(error).__name__}).",
            hint="Run it by hand to see why, or set TFE_TOKEN.",
        ) from None


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _files(env: Mapping[str, str]) -> Iterator[Path]:
    named = env.get("TF_CLI_CONFIG_FILE") or env.get("TERRAFORM_CONFIG")
    if named:
        yield Path(named)
        return
    main = home(env) / ".terraformrc"
    if main.exists():
        yield main
    folder = home(env) / ".terraform.d"
    yield from sorted(path for path in folder.glob("*") if path.name.endswith((".tfrc", ".tfrc.json")))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if text.lstrip().startswith("{") else _hcl(text)
    except OSError as error:
        raise _unreadable(path, error.strerror or "unreadable") from None
    except ValueError:  # its text would quote the file, which holds tokens
        raise _unreadable(path, "it is neither HCL nor JSON") from None
    return content if isinstance(content, dict) else {}


def _hcl(text: str) -> dict[str, Any]:
    """HCL as plain values. Raises ValueError for what is none."""
    if "credentials" not in text:
        return {}
    import hcl2
    from hcl2 import SerializationOptions
    from lark.exceptions import LarkError

    try:
        return dict(hcl2.loads(text, serialization_options=SerializationOptions(strip_string_quotes=True)))
    except LarkError:
        raise ValueError("no HCL") from None


def _labelled(blocks: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The blocks of one kind with their labels, from HCL (a list) or JSON (an object)."""
    for block in blocks if isinstance(blocks, list) else [blocks]:
        for label, body in block.items() if isinstance(block, dict) else ():
            if isinstance(body, dict):
                yield label, body


def _comparable(host: str) -> str:
    try:
        return comparable(host)
    except ValueError:
        return ""


def _program(helper: Helper, env: Mapping[str, str]) -> str:
    """Where Terraform looks for plugins. Raises SettingsInvalid where the helper is in none of the folders."""
    system, machine = platform.system().lower(), platform.machine()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    plugins = home(env) / ".terraform.d" / "plugins"
    for folder in (plugins, plugins / f"{system}_{architecture}"):
        for found in sorted(folder.glob(f"terraform-credentials-{helper.name}*"), reverse=True):
            if found.name.partition("_v")[0] == f"terraform-credentials-{helper.name}":
                return str(found)
    raise SettingsInvalid(
        f"Terraform's configuration names the credentials helper {helper.name!r}, which is not in {plugins}.",
        hint=f"Install terraform-credentials-{helper.name} there, or set TFE_TOKEN.",
    )


def _unreadable(path: Path, why: str) -> SettingsInvalid:
    return SettingsInvalid(
        f"Terraform's configuration {path} can't be read: {why}.", hint="Correct it, or set TFE_TOKEN."
    )
