"""The long-lived key to ask with: found as boto3 finds it, but without boto3 where the key stands in plain sight.

A cached session is given by the key alone, and importing boto3 would take three times as long as all the rest.
Sources: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html, and botocore's credentials.py for the order.
"""

from __future__ import annotations

import configparser
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vault_aws_kit.errors import NoAwsCredentials, TemporaryAwsCredentials
from vault_aws_kit.settings import home

if TYPE_CHECKING:
    from typing import Any

DEFAULT = "default"
TIMEOUT = 20  # seconds
_TEMPORARY = "ASIA"
"""How the IDs of temporary keys begin: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"""
_ASSUMING = ("role_arn", "sso_session", "sso_start_url", "web_identity_token_file", "credential_source")


@dataclass(frozen=True)
class Key:
    """An IAM user's access key. `profile` is '' for one of the environment; `serial` is its profile's mfa_serial."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str = ""
    profile: str = ""
    serial: str = ""

    def client(self, service: str) -> Any:
        """A client as this key, whatever else is set; the CA and the endpoints of its profile hold.

        It tries once: what has used a code up is not to be sent again. Raises botocore's errors.
        """
        from botocore.config import Config
        from botocore.session import Session

        from vault_aws_kit.aws import ANY_REGION, keep_tokens_from_logs

        keep_tokens_from_logs()
        variables = {"profile": (None, None, self.profile or None, None)}
        return Session(session_vars=variables).create_client(
            service,
            region_name=self.region or ANY_REGION,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            config=Config(connect_timeout=TIMEOUT, read_timeout=TIMEOUT, retries={"total_max_attempts": 1}),
        )


@dataclass(frozen=True)
class _Files:
    """What AWS's two files say of one profile: `of_credentials` goes before `of_config`."""

    of_credentials: Mapping[str, str]
    of_config: Mapping[str, str]

    def get(self, name: str) -> str:
        return self.of_credentials.get(name) or self.of_config.get(name) or ""

    @property
    def keys(self) -> Mapping[str, str]:
        return self.of_credentials if self.of_credentials.get("aws_access_key_id") else self.of_config


@dataclass(frozen=True)
class _Found:
    """Credentials in some place, which may be temporary ones."""

    key: str = ""
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.key and self.secret)

    @property
    def temporary(self) -> bool:
        return bool(self.token) or self.key.startswith(_TEMPORARY)


def find(env: Mapping[str, str], profile: str = "") -> Key:
    """The key of a profile, else the environment's, else that of AWS_PROFILE or of the default profile.

    A session in the environment is passed over, as it may be the one that was got here the last time.
    Raises NoAwsCredentials, TemporaryAwsCredentials.
    """
    in_env = _Found() if profile else _of_environment(env)
    if in_env and not in_env.temporary:
        return Key(in_env.key, in_env.secret, _region(env))
    name = profile or env.get("AWS_PROFILE") or env.get("AWS_DEFAULT_PROFILE") or DEFAULT
    files = _Files(_section(_place(env, "AWS_SHARED_CREDENTIALS_FILE", "credentials"), name),
                   _section(_place(env, "AWS_CONFIG_FILE", "config"), *_config_names(name)))  # fmt: skip
    found = _of_files(files) or _of_process(files, name)
    if not found:
        raise _none(name, files, session=bool(in_env), named=bool(profile))
    if found.temporary:
        raise _temporary(f"The key of profile {name} is")
    return Key(found.key, found.secret, _region(env) or files.get("region"), name, files.get("mfa_serial"))


def _of_environment(env: Mapping[str, str]) -> _Found:
    token = env.get("AWS_SESSION_TOKEN") or env.get("AWS_SECURITY_TOKEN") or ""
    return _Found(env.get("AWS_ACCESS_KEY_ID", ""), env.get("AWS_SECRET_ACCESS_KEY", ""), token)


def _of_files(files: _Files) -> _Found:
    keys = files.keys
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    return _Found(*(keys.get(name, "") for name in names))


def _of_process(files: _Files, profile: str) -> _Found:
    """The key that a profile's credential_process gives, as a password manager's: boto3 knows how to ask it."""
    if not files.get("credential_process"):
        return _Found()
    from vault_aws_kit.aws import open_session

    found = open_session(profile).get_credentials()
    return _Found(found.access_key, found.secret_key, found.token or "") if found else _Found()


def _region(env: Mapping[str, str]) -> str:
    return env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or ""


def _none(profile: str, files: _Files, *, session: bool, named: bool) -> NoAwsCredentials | TemporaryAwsCredentials:
    """`session` is whether the environment has one, `named` whether that was not looked at, as a profile was named."""
    if session:
        return _temporary(
            f"There is no long-lived AWS key: profile {profile} has none, and those of the environment are"
        )
    if any(files.get(name) for name in _ASSUMING):
        return _temporary(f"What profile {profile} leads to is")
    if named:
        what = "has no long-lived key" if files.of_credentials or files.of_config else "is in neither of AWS's files"
        return NoAwsCredentials(
            f"AWS profile {profile} {what}.",
            hint="Check the name: `aws configure list-profiles` shows them. Without --profile the environment's key"
            " goes first.",
        )
    return NoAwsCredentials(
        f"There is no long-lived AWS key: profile {profile} has none, and the environment neither.",
        hint="Name the profile that has it with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    )


def _temporary(what: str) -> TemporaryAwsCredentials:
    return TemporaryAwsCredentials(
        f"{what} temporary, and AWS gives a session by MFA to a user's own key alone.",
        hint="Name the profile that has the key with --profile.",
    )


# ── AWS's files ─────────────────────────────────────────────────────────────────────────────────


def _place(env: Mapping[str, str], variable: str, name: str) -> Path:
    return Path(env[variable]).expanduser() if env.get(variable) else home(env) / ".aws" / name


def _config_names(profile: str) -> tuple[str, ...]:
    return (f"profile {profile}", profile) if profile == DEFAULT else (f"profile {profile}",)


def _section(file: Path, *names: str) -> Mapping[str, str]:
    """The settings of the first of these sections that a file has, {} where there is none. Raises NoAwsCredentials."""
    parser = configparser.RawConfigParser(default_section="", strict=False)
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, configparser.Error) as error:
        why = error.strerror if isinstance(error, OSError) else "it isn't written as AWS's SDKs read it"
        raise NoAwsCredentials(f"{file} can't be read: {why}.", hint="Put it in order, or name another.") from None
    found = {_unquoted(section): section for section in parser.sections()}
    return next((dict(parser[found[name]]) for name in names if name in found), {})


def _unquoted(section: str) -> str:
    """`[profile 'my own']` is the profile `my own`: so the AWS CLI writes names that have blanks."""
    try:
        return " ".join(shlex.split(section))
    except ValueError:
        return section
