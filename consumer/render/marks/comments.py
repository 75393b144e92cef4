"""Marks in comments: a line before and a line after the rendered block, the first with the block's digest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from consumer.render.marks.interface import Marks
from vault_aws_kit.errors import BlockEdited, OutputExists

BEGIN = ">>> vault-aws-kit"
END = "<<< vault-aws-kit"
NOTE = "`consumer render` replaces this block, and keeps what is around it"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_DIGEST = re.compile(r"sha256:([0-9a-f]{16})\b")
_UNCLEAR = "Restore both marks as they were, or take the block out of the file, and render again."


@dataclass(frozen=True)
class _Found:
    """A file in three parts, each with its lines' ends; `body` has Unix ones. `digest` is what its mark says."""

    before: str
    body: str
    after: str
    digest: str
    newline: str

    def check(self, *, force: bool) -> None:
        """Raises BlockEdited where giving the block up would lose what somebody wrote into it."""
        if digest(self.body) != self.digest and not force:
            raise BlockEdited(
                "What `consumer render` wrote there was changed by hand.",
                hint="Move your changes out of the marked block: what is around it is kept. --force gives them up.",
            )


@dataclass(frozen=True)
class Comments(Marks):
    """`sign` begins a comment that ends with its line."""

    sign: str = "#"

    def merged(self, there: str | None, fresh: str, *, force: bool = False) -> str:
        marked = self._marked(fresh)
        if not (there or "").strip():
            return marked
        found = self._find(there or "")
        if found is None:
            return self._instead(there or "", fresh, marked, force=force)
        if found.body != fresh:
            found.check(force=force)
        return found.before + marked.replace("\n", found.newline) + found.after

    def without(self, there: str, *, force: bool = False) -> str:
        found = self._find(there)
        if found is None:
            return there
        found.check(force=force)
        return found.before + found.after

    def rest(self, there: str) -> str:
        found = self._find(there)
        return found.before + found.after if found else ""

    def intact(self, there: str) -> bool:
        found = self._find(there)
        if found:
            found.check(force=False)
        return found is not None

    def _instead(self, there: str, fresh: str, marked: str, *, force: bool) -> str:
        """For a file without marks: one that holds what would be printed, as by `> FILE`, is left as it is."""
        if _plain(there) == fresh:
            return there
        if not force:
            raise OutputExists(
                "It exists and holds something else.", hint="Use --force to replace it, or another --out."
            )
        return marked

    def _marked(self, body: str) -> str:
        return f"{self.sign} {BEGIN} sha256:{digest(body)}: {NOTE}\n{body}{self.sign} {END}\n"

    def _find(self, text: str) -> _Found | None:
        """None where there are no marks. Raises BlockEdited where they don't belong together."""
        lines = _LINE.findall(text)
        begins = [number for number, line in enumerate(lines) if line.startswith(f"{self.sign} {BEGIN}")]
        ends = [number for number, line in enumerate(lines) if line.rstrip() == f"{self.sign} {END}"]
        if not begins and not ends:
            return None
        named = _DIGEST.search(lines[begins[0]]) if begins else None
        if len(begins) != 1 or len(ends) != 1 or begins > ends or not named:
            raise BlockEdited("The marks around what `consumer render` wrote there are damaged.", hint=_UNCLEAR)
        first, last = begins[0], ends[0]
        return _Found(
            before="".join(lines[:first]),
            body=_plain("".join(lines[first + 1 : last])),
            after="".join(lines[last + 1 :]),
            digest=named[1],
            newline="\r\n" if lines[first].endswith("\r\n") else "\n",
        )


def digest(body: str) -> str:
    """Of a block whose lines end as Unix's do: git may check it out with others."""
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")
