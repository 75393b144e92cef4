"""A plan as a comment on a pull request: the sum first, details folded away, and nothing can end its fence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from producer.diff import Plan
from producer.plan_text import plan_text, summary
from vault_aws_kit.wording import counted

MOST_WARNINGS = 10
LONGEST = 60_000  # GitHub and GitLab refuse comments of much more than 65,000 characters


def plan_markdown(plan: Plan) -> str:
    """Headline, a table of the changes, and the whole plan below."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield f"### Vault: {_code(plan.spec)}"
    yield ""
    if plan.frozen:
        yield f"**Frozen, and kept so: {'; '.join(str(one) for one in plan.frozen)}.**"
        yield ""
    for warning in plan.warnings[:MOST_WARNINGS]:
        yield f"- Warning: {warning}"
    if plan.warnings:
        yield f"- … and {len(plan.warnings) - MOST_WARNINGS} more." if plan.warnings[MOST_WARNINGS:] else ""
    if not plan:
        yield f"Nothing to change: Vault holds {counted(len(plan.actions), 'object')} as the spec says."
        return
    deletes = plan.count("delete")
    yield summary(plan) + (f" **{deletes} will be deleted.**" if deletes else "")
    drift = [action for action in plan.changes if "drift" in action.reasons]
    if drift:
        yield f"{len(drift)} changed in Vault since the last setup."
    for action in plan.changes:
        yield from (f"- **{_code(action.resource.path)}**: {note}" for note in action.notes)
    yield ""
    yield from _details(plan)


def _details(plan: Plan) -> Iterator[str]:
    text = plan_text(plan)
    if len(text) > LONGEST:
        text = text[:LONGEST] + "\n… and more: run `producer plan` to see all of it.\n"
    fence = _fence(text)
    yield from (
        "<details><summary>The whole plan</summary>",
        "",
        f"{fence}diff",
        text.rstrip("\n"),
        fence,
        "",
        "</details>",
    )


def _fence(text: str) -> str:
    """One backtick more than the longest run in the text. Source: https://spec.commonmark.org/0.31.2/#fenced-code-blocks"""
    return "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))


def _code(text: str) -> str:
    return f"`{text}`"
