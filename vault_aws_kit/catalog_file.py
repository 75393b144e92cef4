"""A team's catalog in a file, for whoever can't reach Vault: `{"version", "catalog", "sha256"}`, and no secret.

The digest is of the catalog's one JSON text (`contract.dump`), so that another indentation changes nothing. It shows
damage; whoever can change the file can change the digest too, so it is no seal against forgery.
"""

from __future__ import annotations

import json
from pathlib import Path

from vault_aws_kit.catalog import digest
from vault_aws_kit.contract import TeamEntry, dump
from vault_aws_kit.errors import CatalogFileDamaged

VERSION = 1


def to_text(entry: TeamEntry) -> str:
    """What the file holds."""
    text = entry.to_json()
    return json.dumps({"version": VERSION, "catalog": json.loads(text), "sha256": digest(text)}, indent=2) + "\n"


def read(path: Path) -> TeamEntry:
    """The team in a file. Raises CatalogFileDamaged for whatever `to_text` didn't write."""
    try:
        value = json.loads(path.read_bytes())
        version, text, told = value["version"], dump(value["catalog"]), value["sha256"]
    except OSError as error:
        raise _damaged(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _damaged(f"{path} is no file of `producer export`.") from None
    if version != VERSION:
        raise _damaged(f"{path} is of version {version}, and this kit reads {VERSION}.")
    if told != digest(text):
        raise _damaged(f"{path} is not as it was written: its SHA-256 is {digest(text)}, and it says {told}.")
    try:
        return TeamEntry.from_json(text)
    except (ValueError, KeyError, TypeError):
        raise _damaged(f"{path} holds a catalog that this kit can't read.") from None


def _damaged(what: str) -> CatalogFileDamaged:
    return CatalogFileDamaged(
        what, hint="Ask the platform team for a fresh one: `producer export --team TEAM --out FILE`."
    )
