"""A plan for people and for machines. Both return values; the commands print them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Protocol, get_args

from producer.diff import Action, Plan, Reason, Verb
from vault_aws_kit.wording import counted

SIGNS = {"create": "+", "update": "~", "claim": "=", "delete": "-", "forget": "·"}
REASONS: Mapping[Reason, str] = {
    "new": "",
    "spec": "changed in the spec",
    "drift": "drift: changed in Vault since the last setup",
    "unfinished": "left unfinished by an earlier run",
    "take-over": "not made from this spec; replaced",
    "not in the spec": "no longer in the spec",
    "protected": "protected from now on: no `--prune` deletes it",
    "changed there": "drift: changed in Terraform since it was set",
    "not needed": "needed no longer",
    "unprotected": "protected no longer: `--prune` deletes it once the spec has it no more",
}
DIGESTS = ("sha256",)
"""Fields that stand for a content: how they differ tells nobody anything."""
NOTES: Mapping[Verb, str] = {
    "claim": "equal already; from now on ours",
    "forget": "stays or is gone; no longer counted as ours",
}


def plan_text(plan: Plan, nothing: str = "") -> str:
    """One line for each change, with what differs below it, and a sum; `nothing` is said where there is no change."""
    lines = [line for action in plan.changes for line in _action_lines(action)]
    total = (
        summary(plan)
        if plan
        else nothing or f"Nothing to change: Vault holds {counted(len(plan.actions), 'object')} as the spec says."
    )
    return "\n".join([*lines, *([""] if lines else []), total, *_staying(plan)]) + "\n"


class Summed(Protocol):
    """A plan, whatever it is for."""

    def count(self, verb: Verb, /) -> int: ...


def summary(plan: Summed) -> str:
    """The plan's sum in one line."""
    words: Mapping[Verb, str] = {
        "create": "to create",
        "update": "to update",
        "claim": "to claim",
        "delete": "to delete",
        "forget": "to forget",
        "keep": "unchanged",
    }
    told = [f"{plan.count(verb)} {word}" for verb, word in words.items() if plan.count(verb)]
    return f"Plan: {', '.join(told)}."


def plan_json(plan: Plan) -> dict[str, Any]:
    """The changes with what is there and what will be; no secret is part of either."""
    return {
        "version": 1,
        "spec": plan.spec,
        "changes": [
            {
                "verb": action.verb,
                "kind": action.resource.kind,
                "path": action.resource.path,
                "reasons": list(action.reasons),
                "changed": action.changed,
                "before": action.before,
                "after": action.after,
                "notes": list(action.notes),
            }
            for action in plan.changes
        ],
        "left_over": [path for _, path in plan.left_over],
        "protected": [path for _, path in plan.spared],
        "frozen": [asdict(one) for one in plan.frozen],
        "warnings": [*plan.warnings, *plan.unkept],
        "summary": {verb: plan.count(verb) for verb in get_args(Verb)},
    }


def _action_lines(action: Action) -> Iterator[str]:
    own = action.verb in NOTES and (action.verb != "claim" or not action.reasons)
    notes = [NOTES[action.verb]] if own else [REASONS[reason] for reason in action.reasons]
    note = f"  ({'; '.join(filter(None, notes))})" if any(notes) else ""
    yield f"{SIGNS[action.verb]} {action.resource.kind:<14} {action.resource.path}{note}"
    yield from (f"    ! {note}" for note in action.notes)
    for key in (key for key in action.changed if key not in DIGESTS):
        yield from field_lines(key, (action.before or {}).get(key), action.resource.body()[key])


def _staying(plan: Plan) -> Iterator[str]:
    yield from (f"! {one}" for one in plan.unkept)
    if plan.frozen:
        yield "Frozen, and kept so (`producer thaw` ends it):"
        yield from (f"  {one}" for one in plan.frozen)
    if plan.left_over:
        yield f"No longer in the spec, and kept ({len(plan.left_over)}; `--prune` deletes them):"
        yield from (f"  {kind:<14} {path}" for kind, path in plan.left_over)
    if plan.spared:
        yield "No longer in the spec, but protected, and kept:"
        yield from (f"  {kind:<14} {path}" for kind, path in plan.spared)


def field_lines(key: str, before: Any, after: Any) -> Iterator[str]:
    """How a field differs, in one line or as a diff."""
    old, new = _lines(before), _lines(after)
    if len(old) <= 1 and len(new) <= 1:
        yield f"    {key}: {''.join(old) or '(none)'} → {''.join(new) or '(none)'}"
        return
    yield f"    {key}:"
    for line in list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]:
        yield f"      {line}"


def _lines(value: Any) -> list[str]:
    """A value as lines that can be compared; JSON in a text is laid out first."""
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, (dict, list)) and value:
        return json.dumps(value, indent=2, ensure_ascii=False).splitlines()
    return [] if value in (None, "", [], {}) else str(value).splitlines()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
