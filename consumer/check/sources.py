"""Where a folder's Terraform asks Vault for AWS credentials."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from consumer.terraform import Document, blocks, documents, plain

TYPES = ("vault_aws_access_credentials", "vault_aws_static_access_credentials")
_ABOUT = re.compile("|".join(TYPES))


@dataclass(frozen=True)
class Source:
    """A data source or an ephemeral resource of the vault provider. What isn't written out in the file is ''."""

    file: str
    kind: str
    type: str
    label: str
    mount: str = ""
    role: str = ""
    role_arn: str = ""

    @property
    def address(self) -> str:
        return f"{self.kind}.{self.type}.{self.label}"

    @property
    def static(self) -> bool:
        return self.type == TYPES[1]


def find(folder: Path) -> tuple[Source, ...]:
    """All that can be read; files that can't are left out."""
    return tuple(
        _source(file, kind, *labels, body)
        for file, content in documents(folder, _ABOUT)
        for kind in ("data", "ephemeral")
        for labels, body in blocks(content or {}, kind)
        if len(labels) == 2 and labels[0] in TYPES  # noqa: PLR2004 - a type and a name
    )


def written(body: Document, *names: str) -> str:
    """The first of these attributes that is a plain text, '' where all are missing or computed."""
    values = (plain(body[name]) for name in names if isinstance(body.get(name), str))
    return next((value for value in values if "${" not in value), "")


def _source(file: str, kind: str, of_type: str, label: str, body: Document) -> Source:
    mount = written(body, "mount", "backend").strip("/")
    return Source(file, kind, of_type, label, mount, written(body, "role", "name"), written(body, "role_arn"))
