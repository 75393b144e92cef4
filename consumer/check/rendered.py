"""What was rendered into the folder, or written by hand to the same end: whole, and still what the catalog offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from consumer.check import sources
from consumer.check.interface import Case, Check
from consumer.check.sources import Source
from consumer.render.marks import Comments, JsonKey, Marks
from vault_aws_kit.errors import BlockEdited
from vault_aws_kit.findings import Finding

if TYPE_CHECKING:
    from vault_aws_kit.contract import RoleEntry

FILES = ("*.tf", "*.tf.json", "terragrunt.hcl")
_AGAIN = "Render it again: `consumer render --role ROLE --out {file}`; see `consumer roles`."


class Rendered(Check):
    title: ClassVar[str] = "Rendered files"

    def look(self, case: Case) -> Iterator[Finding]:
        for path in sorted({path for pattern in FILES for path in case.folder.glob(pattern)}):
            yield from _marked(path)
        found = sources.find(case.folder)
        if case.entry.access:
            yield from judge(found, case.entry.access.roles)
        elif found:
            told = "Whether the catalog still offers what they ask for is not known without Vault."
            yield Finding("skipped", "roles", told, "See Login.")


def judge_text(file: str, text: str, marks: Marks) -> Iterator[Finding]:
    """Nothing where nothing was rendered."""
    try:
        if marks.intact(text):
            yield Finding("ok", file, "What was rendered there is as it was written.")
    except BlockEdited as error:
        yield Finding("warning", file, error.message, error.hint)


def judge(found: Sequence[Source], roles: Sequence[RoleEntry]) -> Iterator[Finding]:
    """`roles` are those that the catalog offers."""
    for source in found:
        stale = _stale(source, roles)
        if stale:
            yield Finding("error", source.address, stale, _AGAIN.format(file=source.file))
        elif source.mount and source.role:
            yield Finding("ok", source.address, f"It asks for role {source.role}, which the catalog offers.")


def _stale(source: Source, roles: Sequence[RoleEntry]) -> str:
    """Why it asks in vain, '' where it doesn't, or doesn't say what for."""
    if not (source.mount and source.role):
        return ""
    there = [one for one in roles if (one.mount.strip("/"), one.name) == (source.mount, source.role)]
    if not there:
        return f"It asks for role {source.role} of {source.mount}/, which the catalog doesn't offer this token."
    role = there[0]
    if (role.type == "static") != source.static:
        return f"It asks as for a {'static' if source.static else 'dynamic'} role, and {role.name} is none."
    if source.role_arn and source.role_arn not in role.role_arns:
        return f"It asks for {source.role_arn}, which is none of the AWS roles of {role.name} any more."
    if len(role.role_arns) > 1 and not source.role_arn:
        return f"It names no AWS role, and {role.name} stands for several by now."
    return ""


def _marked(path: Path) -> Iterator[Finding]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return  # `versions` tells of it
    yield from judge_text(path.name, text, JsonKey() if path.suffix == ".json" else Comments())
