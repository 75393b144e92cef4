"""The Terraform that is installed, and what a folder's files ask of the vault provider."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from packaging.version import InvalidVersion, Version

Document: TypeAlias = Mapping[str, Any]

PROGRAMS = ("terraform", "tofu")
TIMEOUT = 20
_IS_BLOCK = "__is_block__"  # how the parser tells a block's body from its labels
LOCK_FILE = ".terraform.lock.hcl"
_OF_PROVIDERS = re.compile(r'required_(providers|version)|\bprovider\s*"')
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
    found = ((Path(path).name, path) for path in on_path(env))
    return next((Program(name, version) for name, path in found if (version := _version(path, env))), None)


def on_path(environment: Mapping[str, str] | None = None) -> list[str]:
    """Where Terraform and OpenTofu are, whether they run or not."""
    env = os.environ if environment is None else environment
    return [path for name in PROGRAMS if (path := shutil.which(name, path=env.get("PATH")))]


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
    """Which versions a file allows, as it says it: of the vault provider, or of Terraform."""

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
    terraform: tuple[Constraint, ...] = ()
    """Of Terraform itself (required_version); `constraints` are of the vault provider."""
    locked: Version | None = None
    requirements: str = ""
    """The file that has the one required_providers a module may have."""
    required: frozenset[str] = frozenset()
    """HashiCorp's providers that it requires, as vault and aws."""
    providers: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """(provider, alias) → the file that configures it."""
    unreadable: tuple[str, ...] = ()


def leaves_any(constraints: Sequence[Constraint], lowest: Version) -> bool:
    """Whether they allow any version from `lowest` on."""
    bounds = [bound for constraint in constraints for _, bound in constraint.terms]
    near = [version for bound in bounds for version in (bound, _next(bound))]
    candidates = [lowest, Version("9999"), *(version for version in near if version >= lowest)]
    return any(all(one.allows(version) for one in constraints) for version in candidates)


def look_at(folder: Path, *, instead: Mapping[str, str] | None = None) -> Folder:
    """Read a folder's *.tf, *.tf.json and lock file.

    `instead` is what to read in place of what a file of that name holds: the files that are about to be written.
    """
    ours = instead or {}
    found = Folder(locked=_locked(folder / LOCK_FILE))
    for path in sorted([*folder.glob("*.tf"), *folder.glob("*.tf.json")]):
        parse = _parsed_json if path.suffix == ".json" else _parsed
        try:
            content = parse(ours[path.name] if path.name in ours else _text(path))
        except (OSError, ValueError):
            found = replace(found, unreadable=(*found.unreadable, path.name))
            continue
        found = _with(found, path.name, content)
    return found


def documents(folder: Path, about: re.Pattern[str]) -> Iterator[tuple[str, Document | None]]:
    """The folder's *.tf and *.tf.json that speak of something, by name; None for one that can't be read.

    Blocks are nested dicts as the HCL parser gives them, for both syntaxes; `blocks` and `plain` read them.
    """
    for path in sorted([*folder.glob("*.tf"), *folder.glob("*.tf.json")]):
        try:
            text = _text(path)
            content = (_parsed_json(text) if path.suffix == ".json" else _parsed(text, about)) if text else {}
        except (OSError, ValueError):
            yield path.name, None
        else:
            if content:
                yield path.name, content


def blocks(content: Document, kind: str) -> Iterator[tuple[tuple[str, ...], Document]]:
    """The blocks of a kind, as `data`, each with its labels."""
    for block in content.get(kind, []):
        yield from _labelled(block, ())


def _labelled(block: Mapping[str, Any], labels: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Document]]:
    """A block's labels are nested dicts, of which only the body says that it is one."""
    if block.get(_IS_BLOCK):
        yield labels, block
        return
    for name, inner in block.items():
        if isinstance(inner, dict):
            yield from _labelled(inner, (*labels, plain(name)))


def _with(found: Folder, file: str, content: Mapping[str, Any]) -> Folder:
    """And what one more file says."""
    required = list(_required_providers(content))
    vault = [Constraint(file, text) for block in required for text in _vault_constraint(block)]
    terraform = [
        Constraint(file, plain(block["required_version"]))
        for block in content.get("terraform", [])
        if "required_version" in block
    ]
    return replace(
        found,
        constraints=(*found.constraints, *vault),
        terraform=(*found.terraform, *terraform),
        requirements=found.requirements or (file if required else ""),
        required=found.required.union(*map(_hashicorps, required)),
        providers={**found.providers, **dict.fromkeys(_configured(content), file)},
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _parsed(text: str, about: re.Pattern[str] = _OF_PROVIDERS) -> Document:
    """HCL as nested dicts, {} where it says nothing of providers. Raises ValueError for what is no HCL."""
    if not about.search(text):
        return {}  # the parser takes long over a folder of large files

    return _hcl(text)


@lru_cache(maxsize=64)
def _hcl(text: str) -> Document:
    """Kept, as the same files are asked several questions. Raises ValueError for what is no HCL."""
    import hcl2
    from lark.exceptions import LarkError

    try:
        content: Document = hcl2.loads(text)
    except LarkError as error:
        raise ValueError(str(error)) from None
    return content


def _parsed_json(text: str) -> Document:
    """Terraform's JSON syntax in the form that the HCL parser gives. Raises ValueError for what is none."""
    content = json.loads(text or "{}")
    if not isinstance(content, dict):
        return {}
    terraform = [
        dict(block, required_providers=_listed(block.get("required_providers")), backend=_bodies(block.get("backend")))
        for block in _listed(content.get("terraform"))
    ]
    labelled = {kind: _bodies(content.get(kind)) for kind in ("provider", "variable")}
    resources = {
        kind: [
            {of_type: one}
            for block in _listed(content.get(kind))
            for of_type, all_ in block.items()
            for one in _bodies(all_)
        ]
        for kind in ("data", "ephemeral")
    }
    return {"terraform": terraform, **labelled, **resources}


def _bodies(value: Any) -> list[dict[str, Any]]:
    """Blocks with one label, one by one: each may stand alone or in a list."""
    found = [(name, body) for block in _listed(value) for name, all_ in block.items() for body in _listed(all_)]
    return [{name: {**body, _IS_BLOCK: True}} for name, body in found]


def _listed(value: Any) -> list[Any]:
    """A block may stand alone or in a list; whatever is no block is left out."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _required_providers(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for block in content.get("terraform", []):
        yield from block.get("required_providers", [])


def _hashicorps(required: Mapping[str, Any]) -> Iterator[str]:
    """HashiCorp's providers of a block, by their own names; the old form and one without a source mean theirs."""
    for name, value in required.items():
        if isinstance(value, dict | str):  # the parser adds marks of its own
            given = value.get("source", "") if isinstance(value, dict) else ""
            owner, _, provider = plain(given or f"hashicorp/{name}").rpartition("/")
            if owner.rpartition("/")[2] == "hashicorp":
                yield provider


def _vault_constraint(required: Mapping[str, Any]) -> list[str]:
    """The vault provider's version constraint, whatever its local name; in the old form it is the whole value."""
    for name, value in required.items():
        if isinstance(value, str) and name == "vault":
            return [plain(value)]
        if isinstance(value, dict):
            source = plain(value.get("source", f"hashicorp/{name}"))
            if source.split("/")[-2:] == ["hashicorp", "vault"] and "version" in value:
                return [plain(value["version"])]
    return []


def _configured(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for block in content.get("provider", []):
        for name, body in block.items():
            if isinstance(body, dict):
                yield plain(name), plain(body.get("alias", ""))


def _locked(path: Path) -> Version | None:
    try:
        content = _parsed(_text(path))
    except (OSError, ValueError):
        return None
    for block in content.get("provider", []):
        for name, body in block.items():
            if plain(name).endswith("/hashicorp/vault") and _is_version(plain(body.get("version", ""))):
                return Version(plain(body["version"]))
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


def plain(text: Any) -> str:
    """A label or value without its quotes, which the parser keeps."""
    return str(text).strip('"')
