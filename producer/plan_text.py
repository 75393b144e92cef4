"""A plan for people and for machines. Both return values; the commands print them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from producer.diff import Action, Plan

SIGNS = {"create": "+", "update": "~", "claim": "="}
NOTES = {"claim": "  (equal already; recorded as ours)"}


def plan_text(plan: Plan) -> str:
    """One line for each change, with what differs below it, and a sum."""
    if not plan:
        return f"Nothing to change: {len(plan.actions)} objects in Vault are as the spec says.\n"
    lines = [line for action in plan.changes for line in _action_lines(action)]
    return "\n".join([*lines, "", summary(plan)]) + "\n"


def summary(plan: Plan) -> str:
    """The plan's sum in one line."""
    counts = {"to create": "create", "to update": "update", "to claim": "claim", "unchanged": "keep"}
    told = [f"{plan.count(verb)} {words}" for words, verb in counts.items() if plan.count(verb)]  # type: ignore[arg-type]
    return f"Plan: {', '.join(told)}."


def plan_json(plan: Plan, spec: str) -> dict[str, Any]:
    """The changes with what is there and what will be; no secret is part of either."""
    return {
        "version": 1,
        "spec": spec,
        "changes": [
            {
                "verb": action.verb,
                "kind": action.resource.kind,
                "path": action.resource.path,
                "changed": action.changed if action.verb == "update" else [],
                "before": action.before,
                "after": action.resource.body(),
            }
            for action in plan.changes
        ],
        "summary": {verb: plan.count(verb) for verb in ("create", "update", "claim", "keep")},
    }


def _action_lines(action: Action) -> Iterator[str]:
    yield f"{SIGNS[action.verb]} {action.resource.kind:<14} {action.resource.path}{NOTES.get(action.verb, '')}"
    if action.verb == "update":
        after = action.resource.body()
        for key in action.changed:
            yield from _field_lines(key, (action.before or {}).get(key), after[key])


def _field_lines(key: str, before: Any, after: Any) -> Iterator[str]:
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
