"""A policy template as text and as JSON, for `producer templates`."""

from __future__ import annotations

import json
from typing import Any

from producer.policies.header import Variable
from producer.policies.library import TemplateInfo


def template_json(info: TemplateInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "summary": info.summary,
        "variables": [_variable_json(variable) for variable in info.variables],
        "path": str(info.path),
    }


def template_text(info: TemplateInfo) -> str:
    """Its summary, its variables, and its source, in which the header tells the rest."""
    lines = [f"{info.name}: {info.summary}".rstrip(": "), str(info.path), ""]
    for variable in info.variables:
        need = "required" if variable.required else f"default: {json.dumps(variable.default)}"
        lines.append(f"  {variable.name} ({variable.type}, {need}): {variable.meaning}")
    return "\n".join([*lines, "", info.source])


def _variable_json(variable: Variable) -> dict[str, Any]:
    found: dict[str, Any] = {"name": variable.name, "type": variable.type, "required": variable.required}
    return found | ({} if variable.required else {"default": variable.default}) | {"meaning": variable.meaning}
