"""The Terraform that is installed, and what a folder's files ask of the vault provider."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

PROGRAMS = ("terraform", "tofu")
TIMEOUT = 20
LOCK_FILE = ".terraform.lock.hcl"
_OF_PROVIDERS = re.compile(r'required_providers|\bprovider\s*"')
_TERM = re.compile(r"\s*(>=|<=|!=|~>|>|<|=)?\s*v?([\w.+-]+)\s*")


# ── what is installed ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Program:
    name: str
    version: Version

    def __str__(self) -> str:
        return f"{'OpenTofu' if self.name == 'tofu' else 'Terraform'} {self.version}"


def installed(environment: Mapping[str, str] | None = None) -> Program | None:
    """The first of Terraform and OpenTofu on PATH that tells its version, None where there is none."""
    env = os.environ if environment is None else environment
    found = ((name, path) for name in PROGRAMS if (path := shutil.which(name, path=env.get("PATH"))))
    return next((Program(name, version) for name, path in found if (version := _version(path, env))), None)


def _version(path: str, environment: Mapping[str, str]) -> Version | None:
    """Asked with no settings of the user's, so that a broken one can't spoil it, and without a call to the network."""
    env = {name: value for name, value in environment.items() if not name.startswith(("TF_", "TERRAFORM_"))}
    env |= {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull}
    try:
        done = subprocess.run(
            [path, "version", "-json"], env=env, capture_output=True, text=True, timeout=TIMEOUT, check=True
        )
        return Version(json.loads(done.stdout)["terraform_version"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None


# ── what a folder asks for ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Constraint:
    """Which versions of the vault provider a file allows, as it says it."""

    file: str
    text: str

    def allows(self, version: Version) -> bool:
        return all(_satisfies(version, sign, bound) for sign, bound in self.terms)

    @property
    def terms(self) -> list[tuple[str, Version]]:
        found = (_TERM.fullmatch(term) for term in self.text.split(","))
        return [(match[1] or "=", Version(match[2])) for match in found if match and _is_version(match[2])]


@dataclass(frozen=True)
class Folder:
    """What the Terraform files of a folder say. File names are relative to it; '' and None where nothing is said."""

    constraints: tuple[Constraint, ...] = ()
    locked: Version | None = None
    requirements: str = ""
    """The file that has the one required_providers a module may have."""
    providers: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """(provider, alias) → the file that configures it."""
    unreadable: tuple[str, ...] = ()

    def newest_from(self, lowest: Version) -> bool:
        """Whether the constraints leave any version from `lowest` on."""
        bounds = [bound for constraint in self.constraints for _, bound in constraint.terms]
        near = [version for bound in bounds for version in (bound, _next(bound))]
        candidates = [lowest, Version("9999"), *(version for version in near if version >= lowest)]
        return any(all(one.allows(version) for one in self.constraints) for version in candidates)


def look_at(folder: Path, *, without: Path | None = None) -> Folder:
    """Read a folder's *.tf and its lock file; `without` is the file that is about to be written."""
    constraints: list[Constraint] = []
    providers: dict[tuple[str, str], str] = {}
    requirements, unreadable = "", []
    for path in sorted(folder.glob("*.tf")):
        if without and path.name == without.name:
            continue
        try:
            content = _parsed(path)
        except (OSError, ValueError):
            unreadable.append(path.name)
            continue
        for required in _required_providers(content):
            requirements = requirements or path.name
            constraints += [Constraint(path.name, text) for text in _vault_constraint(required)]
        providers |= dict.fromkeys(_configured(content), path.name)
    return Folder(tuple(constraints), _locked(folder / LOCK_FILE), requirements, providers, tuple(unreadable))


def _parsed(path: Path) -> Mapping[str, Any]:
    """A file's HCL as nested dicts, {} where it says nothing of providers. Raises ValueError for what is no HCL."""
    text = path.read_text(encoding="utf-8")
    if not _OF_PROVIDERS.search(text):
        return {}  # the parser takes long over a folder of large files

    import hcl2
    from lark.exceptions import LarkError

    try:
        content: Mapping[str, Any] = hcl2.loads(text)
    except LarkError as error:
        raise ValueError(str(error)) from None
    return content


def _required_providers(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for block in content.get("terraform", []):
        yield from block.get("required_providers", [])


def _vault_constraint(required: Mapping[str, Any]) -> list[str]:
    """The vault provider's version constraint, whatever its local name; in the old form it is the whole value."""
    for name, value in required.items():
        if isinstance(value, str) and name == "vault":
            return [_plain(value)]
        if isinstance(value, dict):
            source = _plain(value.get("source", f"hashicorp/{name}"))
            if source.split("/")[-2:] == ["hashicorp", "vault"] and "version" in value:
                return [_plain(value["version"])]
    return []


def _configured(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for block in content.get("provider", []):
        for name, body in block.items():
            if isinstance(body, dict):
                yield _plain(name), _plain(body.get("alias", ""))


def _locked(path: Path) -> Version | None:
    try:
        content = _parsed(path)
    except (OSError, ValueError):
        return None
    for block in content.get("provider", []):
        for name, body in block.items():
            if _plain(name).endswith("/hashicorp/vault") and _is_version(_plain(body.get("version", ""))):
                return Version(_plain(body["version"]))
    return None


# ── versions, as Terraform compares them ────────────────────────────────────────────────────────


def _satisfies(version: Version, sign: str, bound: Version) -> bool:
    if sign == "~>":
        return bound <= version < _pessimistic(bound)
    return {
        "=": version == bound,
        "!=": version != bound,
        ">": version > bound,
        ">=": version >= bound,
        "<": version < bound,
        "<=": version <= bound,
    }[sign]


def _pessimistic(bound: Version) -> Version:
    """The first version that `~> bound` no longer allows: its last number but one counted up."""
    kept: Sequence[int] = bound.release[:-1] or bound.release
    return Version(".".join(str(n) for n in (*kept[:-1], kept[-1] + 1)))


def _next(version: Version) -> Version:
    return Version(f"{version.major}.{version.minor}.{version.micro + 1}")


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _plain(text: Any) -> str:
    """The parser keeps a string's quotes."""
    return str(text).strip('"')
