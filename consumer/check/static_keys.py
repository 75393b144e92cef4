"""AWS keys that somebody wrote into a folder's Terraform files. Where they are is told, and never what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import ClassVar

from consumer.check.interface import Case, Check
from consumer.check.sources import written
from consumer.terraform import Document, blocks, documents
from vault_aws_kit.findings import Finding

FILES = ("*.tf", "*.tf.json", "*.tfvars", "*.tfvars.json", "*.tfbackend", "*.hcl")
KEY_ID = re.compile(r"(?<![A-Z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Z0-9])")
SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_KINDS_OF_LETTERS = (re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9]"))
_ABOUT = re.compile(r"\b(provider|backend)\b")
_KEYS = ("access_key", "secret_key", "token")
_REMEDY = (
    "Take it out, and have it deactivated in AWS: whoever can read the file, or git's history, has it. "
    "`consumer render` writes a provider that asks Vault."
)


class StaticKeys(Check):
    title: ClassVar[str] = "Keys in files"

    def look(self, case: Case) -> Iterator[Finding]:
        found = [*_in_files(case.folder), *_in_blocks(case.folder)]
        yield from found or [Finding("ok", "files", "No AWS keys are written in the Terraform files here.")]


def judge_text(file: str, text: str) -> Iterator[Finding]:
    """One finding for each line."""
    for number, line in enumerate(text.splitlines(), 1):
        if what := looks_like(line):
            yield Finding("error", f"{file}:{number}", f"It holds what looks like {what}.", _REMEDY)


def looks_like(text: str) -> str:
    """What kind of AWS key a text holds, '' for none. The examples of AWS's own documents are none."""
    if any("EXAMPLE" not in found[0] for found in KEY_ID.finditer(text)):
        return "an AWS access key ID"
    secrets = (found[0] for found in SECRET.finditer(text) if "EXAMPLE" not in found[0])
    mixed = any(all(kind.search(secret) for kind in _KINDS_OF_LETTERS) for secret in secrets)
    return "an AWS secret key" if mixed else ""


def judge_block(file: str, address: str, body: Document) -> Iterator[Finding]:
    """Keys of a provider or a backend that are written out; those that look like AWS's are told by their line."""
    for name in _KEYS:
        value = written(body, name)
        if value and not looks_like(value):
            told = f"{address} has its {name} written out in {file}."
            yield Finding("error", f"{address}.{name}", told, _REMEDY)


def _in_files(folder: Path) -> Iterator[Finding]:
    for path in sorted(set(chain.from_iterable(folder.glob(pattern) for pattern in FILES))):
        if path.name == ".terraform.lock.hcl":  # digests
            continue
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            yield Finding("skipped", path.name, f"It can't be read: {error.strerror}.")
        else:
            yield from judge_text(path.name, text)


def _in_blocks(folder: Path) -> Iterator[Finding]:
    for file, content in documents(folder, _ABOUT):
        for labels, body in blocks(content or {}, "provider"):
            if labels == ("aws",):
                alias = written(body, "alias")
                yield from judge_block(file, f"provider.aws{f'.{alias}' if alias else ''}", body)
        for block in (content or {}).get("terraform", []):
            for labels, body in blocks(block, "backend"):
                yield from judge_block(file, f"backend.{'.'.join(labels)}", body)
