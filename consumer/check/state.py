"""Terraform's state: credentials that stand in it, and where it is kept. Addresses are told, and never values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from consumer.check import sources
from consumer.check.interface import Case, Check
from consumer.check.sources import Source
from consumer.terraform import Document, blocks, documents
from vault_aws_kit import clock
from vault_aws_kit.findings import Finding, Severity

STATES = ("terraform.tfstate", "*.tfstate", "*.tfstate.backup", "terraform.tfstate.d/*/*.tfstate*")
CHOSEN = Path(".terraform") / "terraform.tfstate"
"""What `terraform init` writes down of the backend, with what -backend-config gave it."""
_LASTING = "aws_iam_access_key"
SECRETS: Mapping[str, str] = {**dict.fromkeys(sources.TYPES, "secret_key"), _LASTING: "secret"}
"""The attribute of each type that is a secret."""

_ABOUT = re.compile(r"\b(backend|cloud)\b")
_KEYS = ("secret_key", "access_key", "token")
_OTHERS = 0o077
_EPHEMERAL = "Use `consumer render --mode ephemeral`, which leaves none there; then delete the old state's copies."


@dataclass(frozen=True)
class Held:
    """A secret in a state; `ends` is None where the state doesn't say when its lease does."""

    address: str
    lasting: bool
    ends: datetime | None = None


class State(Check):
    title: ClassVar[str] = "State"

    def look(self, case: Case) -> Iterator[Finding]:
        found = [
            *(one for path in _states(case.folder) for one in _in_state(path, str(path.relative_to(case.folder)))),
            *_backends(case.folder, sources.find(case.folder)),
            *_chosen(case.folder / CHOSEN),
        ]
        yield from found or [Finding("ok", "state", "No credentials stand in a state here.")]


def judge_state(file: str, state: Mapping[str, Any], now: datetime, *, open_to_others: bool) -> Iterator[Finding]:
    """`state` as Terraform writes it from version 4 of the format on (Terraform 0.12)."""
    for held in _held(state):
        if held.ends and held.ends < now:
            told = f"{held.address} stands in it, and ended at {clock.timestamp(held.ends)}."
            yield Finding("info", file, told, _EPHEMERAL)
        elif held.lasting:
            told = f"{held.address} stands in it, a key that never ends."
            yield Finding("error", file, told, "Have Vault give such credentials: see `consumer roles`.")
        elif open_to_others:
            told = f"{held.address} stands in it, which others on this machine may read."
            yield Finding("error", file, told, f"`chmod 600 {file}`. {_EPHEMERAL}")
        else:
            yield Finding("warning", file, f"{held.address} stands in it.", _EPHEMERAL)


def judge_backend(file: str, kind: str, body: Document, *, data: bool) -> Iterator[Finding]:
    """`data` is whether data sources write credentials to the state. S3 encrypts by itself since 2023."""
    if kind == "s3" and str(body.get("encrypt")).lower() != "true":
        severity: Severity = "warning" if data else "info"
        told = f"The s3 backend in {file} doesn't ask for encryption."
        yield Finding(severity, "backend.s3", told, "Write `encrypt = true`, and `kms_key_id` for a key of your own.")
    if kind == "local" and data:
        told = f"The local backend in {file} keeps the data sources' credentials in a plain file."
        yield Finding("warning", "backend.local", told, _EPHEMERAL)


def judge_chosen(chosen: Mapping[str, Any]) -> Iterator[Finding]:
    """What `terraform init` wrote down, where -backend-config gave it keys."""
    backend = chosen.get("backend") or {}
    for name in _KEYS:
        if (backend.get("config") or {}).get(name):
            told = f"{CHOSEN} holds the {name} that `terraform init` was given for the {backend.get('type')} backend."
            remedy = "Give it by `consumer exec -- terraform init -reconfigure`, whose keys nothing writes down."
            yield Finding("error", f"backend.{backend.get('type')}.{name}", told, remedy)


def _held(state: Mapping[str, Any]) -> Iterator[Held]:
    for resource in state.get("resources") or []:
        attribute = SECRETS.get(resource.get("type"), "")
        found = [instance.get("attributes") or {} for instance in resource.get("instances") or []]
        holding = [attributes for attributes in found if attributes.get(attribute)]
        if holding:
            parts = [resource.get("module"), "data" if resource.get("mode") == "data" else None]
            address = ".".join([*filter(None, parts), resource["type"], str(resource.get("name")), attribute])
            ends = [_ends(attributes) for attributes in holding]
            known = [end for end in ends if end]
            yield Held(address, resource["type"] == _LASTING, max(known) if len(known) == len(ends) else None)


def _ends(attributes: Mapping[str, Any]) -> datetime | None:
    """When a lease that the vault provider wrote down ends."""
    try:
        start = clock.moment(str(attributes["lease_start_time"]))
        length = timedelta(seconds=int(attributes["lease_duration"]))
    except (KeyError, ValueError, TypeError):
        return None
    return start + length if length and start.tzinfo else None


def _states(folder: Path) -> list[Path]:
    return sorted({path for pattern in STATES for path in folder.glob(pattern) if path.is_file()})


def _in_state(path: Path, file: str) -> Iterator[Finding]:
    try:
        state = json.loads(path.read_text(encoding="utf-8") or "{}")
        yield from judge_state(file, state, clock.now(), open_to_others=bool(path.stat().st_mode & _OTHERS))
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        yield Finding("skipped", file, "It can't be read as a state.")


def _backends(folder: Path, found: tuple[Source, ...]) -> Iterator[Finding]:
    data = [source for source in found if source.kind == "data"]
    named = False
    for file, content in documents(folder, _ABOUT):
        for block in (content or {}).get("terraform", []):
            for labels, body in blocks(block, "backend"):
                yield from judge_backend(file, labels[0], body, data=bool(data))
            named = named or bool(block.get("backend") or "cloud" in block)
    if data and not named:
        told = f"No backend is named, so that the credentials of {data[0].address} will stand in a plain file here."
        yield Finding("warning", "backend", told, _EPHEMERAL)


def _chosen(path: Path) -> Iterator[Finding]:
    try:
        yield from judge_chosen(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return
    except (OSError, ValueError, AttributeError):
        yield Finding("skipped", str(CHOSEN), "It can't be read.")
