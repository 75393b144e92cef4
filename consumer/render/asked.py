"""What a person asks to have rendered, in plain values, and how it is written on a command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from consumer.issue import SESSION_NAME
from consumer.render.interface import AssumedRole
from vault_aws_kit.hcl_layout import IDENTIFIER

_ASSUMED = re.compile(r"(arn:.+?)(?:,session_name=(.+?))?(?:,external_id=(.+))?")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/\S+")
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
_TAG_TEXT = re.compile(r"[\w\s.:/=+@-]*")
_PROFILE = re.compile(r"[\w.:/@+-]+")
_TAG_KEY_LENGTH, _TAG_VALUE_LENGTH = 128, 256

V = TypeVar("V")


@dataclass(frozen=True)
class Wanted:
    """One `--role`: `alias` is None where it was given none."""

    role: str
    alias: str | None = None


@dataclass(frozen=True)
class WantedArn:
    """One `--role-arn`: for the provider of that alias, or with '' for every role that has this AWS role."""

    arn: str
    alias: str = ""


@dataclass(frozen=True)
class Named:
    """A value for the provider of that alias, or with '' for every one that has none of its own."""

    value: str
    alias: str = ""


@dataclass(frozen=True)
class WantedAssumed:
    """One `--assume-role`: for the provider of that alias, or with '' for every one that has none of its own."""

    role: AssumedRole
    alias: str = ""


@dataclass(frozen=True)
class Asked:
    """The AWS providers of one file."""

    roles: tuple[Wanted, ...]
    role_arns: tuple[WantedArn, ...] = ()
    regions: tuple[Named, ...] = ()
    assumed: tuple[WantedAssumed, ...] = ()
    profiles: tuple[Named, ...] = ()


@dataclass(frozen=True)
class VaultAsked:
    """What the file shall say of Vault; '' leaves it to the environment, or to the catalog."""

    auth: str = "token"
    auth_mount: str = ""
    auth_role: str = ""
    vault_address: str = ""
    vault_namespace: str = ""
    vault_ca: str = ""


# ── from text; each raises ValueError that says what is wrong ───────────────────────────────────


def wanted(text: str) -> Wanted:
    """[ALIAS=][ENGINE/]ROLE"""
    alias, equals, role = text.rpartition("=")
    return Wanted(role, _checked_alias(alias) if equals else None)


def wanted_arn(text: str) -> WantedArn:
    """[ALIAS=]ARN"""
    return _for_alias(text, WantedArn)


def named(text: str) -> Named:
    """[ALIAS=]VALUE"""
    alias, equals, value = text.partition("=")
    return Named(value, _checked_alias(alias)) if equals else Named(text)


def profile(text: str) -> Named:
    """[ALIAS=]NAME, of an AWS profile: it stands in brackets in AWS's files."""
    found = named(text)
    if not _PROFILE.fullmatch(found.value):
        raise ValueError(f"{found.value!r} is no name for an AWS profile: letters, digits and _.:/@+- are fine.")
    return found


def address(text: str) -> str:
    """Vault's URL: a file that is committed must hold no user or password."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError(f"{parts.hostname or text!r} is no address: write https://vault.example.com:8200.")
    return text


def wanted_assumed(text: str) -> WantedAssumed:
    """[ALIAS=]ARN[,session_name=NAME][,external_id=ID]"""
    return _for_alias(text, lambda rest, alias: WantedAssumed(_assumed(rest), alias))


def tag(text: str) -> tuple[str, str]:
    """KEY=VALUE, as AWS takes it for a tag."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise ValueError(f"{text!r} is no tag: write KEY=VALUE.")
    if key.lower().startswith("aws:"):
        raise ValueError(f"AWS keeps tags that begin with aws: for itself, as {key!r}.")
    if len(key) > _TAG_KEY_LENGTH or len(value) > _TAG_VALUE_LENGTH:
        raise ValueError(f"Tag {key!r} is too long: AWS allows {_TAG_KEY_LENGTH} characters and {_TAG_VALUE_LENGTH}.")
    if not (_TAG_TEXT.fullmatch(text) and text.isprintable()):
        raise ValueError(f"AWS takes letters, digits, spaces and _.:/=+-@ in a tag, and {text!r} has others.")
    return key, value


def _for_alias(text: str, make: Callable[[str, str], V]) -> V:
    """[ALIAS=]ARN…: ARNs may hold equals signs, and begin with what no alias can."""
    alias, equals, rest = text.partition("=")
    if text.startswith("arn:") or not equals:
        return make(text, "")
    return make(rest, _checked_alias(alias))


def _assumed(text: str) -> AssumedRole:
    parts = _ASSUMED.fullmatch(text)
    if not parts or not _ROLE_ARN.fullmatch(parts[1]):
        raise ValueError(f"{text!r} is no IAM role: write arn:aws:iam::ACCOUNT:role/NAME.")
    for what, pattern, value in (("session_name", SESSION_NAME, parts[2]), ("external_id", _EXTERNAL_ID, parts[3])):
        if value and not pattern.fullmatch(value):
            raise ValueError(
                f"{value!r} is no {what} that AWS takes: two characters or more, of letters, digits and +=,.@-_."
            )
    return AssumedRole(parts[1], parts[2] or "", parts[3] or "")


def _checked_alias(alias: str) -> str:
    if not IDENTIFIER.fullmatch(alias):
        raise ValueError(f"{alias!r} is no alias that Terraform takes: letters, digits, _ and -.")
    return alias
