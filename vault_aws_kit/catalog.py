"""Reading and writing the catalog: JSON texts in a KV v2 mount, in chunks where one is too long.

A value of at most CHUNK bytes is `{"json": TEXT}`. A longer one is `{"chunks": "N", "sha256": DIGEST}`, and its
parts stand at `PATH/chunks/DIGEST/1…N`. Parts are written first and old ones deleted last, so that whoever
reads while somebody writes sees the old value or the new one, and never a mixture.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault_aws_kit.contract import CATALOG_MOUNT
from vault_aws_kit.errors import CatalogUnreadable, VaultRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault_aws_kit.vault import Body, Request, Vault

CHUNK = 256 * 1024
READY_WITHIN, READY_PAUSE = 15.0, 0.1  # seconds


@dataclass(frozen=True)
class Catalog:
    """The catalog in one Vault."""

    vault: Vault
    mount: str = CATALOG_MOUNT

    def read(self, path: str) -> str | None:
        """The text at a path, None where there is none. Raises CatalogUnreadable."""
        version, value = self._head(path)
        while value is not None and "chunks" in value:
            text = self._joined(path, value)
            if text is not None:
                return text
            before = version
            version, value = self._head(path)
            if version == before:  # nobody is writing meanwhile, so the parts will not come
                raise _damaged(path)
        return None if value is None else _text(path, value)

    def write(self, path: str, text: str) -> None:
        """Replace a value; whoever reads meanwhile sees the old one or the new one."""
        for request in writes(self.mount, path, text):
            self.vault.write(request.path, request.body)
        self._drop_chunks(path, keep=digest(text))

    def wait_until_ready(self) -> None:
        """Wait for a mount that was just made: Vault prepares KV v2 in the background, refusing requests meanwhile."""
        deadline = time.monotonic() + READY_WITHIN
        while True:
            try:
                self.names()
            except VaultRefused:
                if time.monotonic() > deadline:
                    raise
                time.sleep(READY_PAUSE)
            else:
                return

    def delete(self, path: str) -> None:
        """Forget a value with all its versions and parts."""
        self.vault.delete(f"{self.mount}/metadata/{path}")
        self._drop_chunks(path, keep="")

    def names(self, path: str = "") -> list[str]:
        """The names at a path; those of folders end in a slash."""
        return self.vault.names(f"{self.mount}/metadata/{path}")

    def _head(self, path: str) -> tuple[int, Body | None]:
        """What stands at a path itself, and its version."""
        found = self.vault.read(f"{self.mount}/data/{path}") or {}
        return int((found.get("metadata") or {}).get("version") or 0), found.get("data")

    def _joined(self, path: str, head: Body) -> str | None:
        """The text that a value's parts make; None where they don't fit, as when they are being replaced."""
        whole = str(head["sha256"])
        places = [f"{self.mount}/data/{path}/chunks/{whole}/{n}" for n in range(1, int(head["chunks"]) + 1)]
        parts = self.vault.read_many(places)
        text = "".join(str(((parts[place] or {}).get("data") or {}).get("json")) for place in places)
        return text if digest(text) == whole else None

    def _drop_chunks(self, path: str, keep: str) -> None:
        for old in (name.rstrip("/") for name in self.names(f"{path}/chunks")):
            if old != keep:
                for number in self.names(f"{path}/chunks/{old}"):
                    self.vault.delete(f"{self.mount}/metadata/{path}/chunks/{old}/{number}")


def writes(mount: str, path: str, text: str) -> Sequence[Request]:
    """What to send, in this order, so that `text` stands at a path."""
    from vault_aws_kit.vault import Request

    def put(place: str, value: Body) -> Request:
        return Request("update", f"{mount}/data/{place}", {"data": value})

    chunks = _chunks(text)
    if len(chunks) == 1:
        return [put(path, {"json": text})]
    whole = digest(text)
    parts = [put(f"{path}/chunks/{whole}/{number}", {"json": chunk}) for number, chunk in enumerate(chunks, 1)]
    return [*parts, put(path, {"chunks": str(len(chunks)), "sha256": whole})]


def digest_of(value: Body) -> str:
    """The digest of the text that a stored value stands for, without reading its parts."""
    return str(value["sha256"]) if "sha256" in value else digest(str(value.get("json") or ""))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _damaged(path: str) -> CatalogUnreadable:
    return CatalogUnreadable(
        f"The catalog's entry {path} is damaged: its parts don't fit together.",
        hint="Run `producer setup` again, which writes it anew.",
    )


def _text(path: str, value: Body) -> str:
    text = value.get("json")
    if not isinstance(text, str):
        raise CatalogUnreadable(
            f"The catalog's entry {path} holds nothing that the kit wrote.",
            hint="Run `producer setup` again, which writes it anew.",
        )
    return text


def _chunks(text: str) -> list[str]:
    """Pieces of at most CHUNK bytes: the kit's JSON is ASCII, so characters are bytes."""
    return [text[start : start + CHUNK] for start in range(0, max(len(text), 1), CHUNK)]
