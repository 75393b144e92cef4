"""A guard's plan for people and for machines, in the shape of `producer plan`'s."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from producer.mfa_guard.plan import Change, Plan, Verb
from producer.plan_text import SIGNS, field_lines, summary
from vault_aws_kit.wording import counted


def plan_text(plan: Plan) -> str:
    """One line for each change, with what differs below it, and a sum."""
    lines = [line for step in plan.steps for line in _lines(step)]
    total = summary(plan) if plan else "Nothing to change."
    return "\n".join([*lines, *([""] if lines else []), total, *_staying(plan)]) + "\n"


def plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "version": 1,
        "group": plan.group,
        "changes": [
            {
                "verb": step.verb,
                "kind": step.kind,
                "path": step.path,
                "before": step.before,
                "after": step.after,
                "notes": list(step.notes),
            }
            for step in plan.changes
        ],
        "left_over": list(plan.left_over),
        "summary": {verb: plan.count(verb) for verb in get_args(Verb)},
    }


def _lines(step: Change) -> Iterator[str]:
    """What stays as it is has a line only where there is something to say of it."""
    if step.verb == "keep" and not step.notes:
        return
    yield f"{SIGNS.get(step.verb, '=')} {step.kind:<14} {step.path}"
    yield from (f"    ! {note}" for note in step.notes)
    if step.verb == "update":
        yield from field_lines("document", step.before, step.after)


def _staying(plan: Plan) -> Iterator[str]:
    if plan.left_over:
        yield (
            f"No longer asked for, and kept ({counted(len(plan.left_over), 'service')}; `--prune` ends it): "
            + ", ".join(plan.left_over)
        )
