"""A mark in JSON, which has no comments: the digest stands in "//", which Terraform ignores.

The whole file is ours then, so a change anywhere in it stops us; how it is laid out doesn't count.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from consumer.render.marks.interface import Marks
from vault_aws_kit.errors import BlockEdited, OutputExists

COMMENT = "//"
MARK = "vault-aws-kit sha256:"
NOTE = ": `consumer render` replaces this file"


class JsonKey(Marks):
    def merged(self, there: str | None, fresh: str, *, force: bool = False) -> str:
        marked = _marked(json.loads(fresh))
        if not (there or "").strip() or there == fresh or force:
            return fresh if there == fresh else marked
        content = _content(there or "")
        if content is None:
            raise OutputExists(
                "It exists and holds something else.", hint="Use --force to replace it, or another --out."
            )
        if _marked(_unmarked(content)) == marked:
            return marked
        _check(content)
        return marked

    def rest(self, there: str) -> str:  # noqa: ARG002 - all of it is ours
        return ""

    def without(self, there: str, *, force: bool = False) -> str:  # noqa: ARG002 - there is one file, always rendered
        return there

    def intact(self, there: str) -> bool:
        content = _content(there)
        if content is not None:
            _check(content)
        return content is not None


def _check(content: dict[str, Any]) -> None:
    if _mark(_unmarked(content)) not in content[COMMENT]:
        raise BlockEdited(
            "What `consumer render` wrote there was changed by hand.",
            hint="Put your own into a file of its own, which Terraform reads too; or use --force to give it up.",
        )


def _content(text: str) -> dict[str, Any] | None:
    """A file that has a mark, as a value; None for any other."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    notes = content.get(COMMENT) if isinstance(content, dict) else None
    return content if isinstance(notes, list) and any(str(note).startswith(MARK) for note in notes) else None


def _unmarked(content: dict[str, Any]) -> dict[str, Any]:
    return content | {COMMENT: [note for note in content[COMMENT] if not str(note).startswith(MARK)]}


def _mark(content: dict[str, Any]) -> str:
    plain = json.dumps(content, sort_keys=True)
    return f"{MARK}{hashlib.sha256(plain.encode()).hexdigest()[:16]}{NOTE}"


def _marked(content: dict[str, Any]) -> str:
    marked = {COMMENT: [*content.get(COMMENT, []), _mark(content)]} | {
        name: value for name, value in content.items() if name != COMMENT
    }
    return json.dumps(marked, indent=2, ensure_ascii=False) + "\n"
