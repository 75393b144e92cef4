"""`producer validate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from producer.options import spec_option, templates_option
from vault_aws_kit import terminal
from vault_aws_kit.errors import Problem, SpecError, SpecProblems
from vault_aws_kit.wording import counted

if TYPE_CHECKING:
    from producer.spec import Spec


@click.command()
@spec_option
@templates_option
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a spec, for editors, and do nothing else.")
@terminal.format_option("text", "json")
def command(spec_file: Path, templates: Sequence[Path], schema: bool, output: str) -> int:
    """Check the spec and its templates, without Vault or AWS."""
    if schema:
        from producer.spec.schema import json_schema

        terminal.emit_json(json_schema())
        return 0
    from producer.spec import load_spec

    try:
        spec = load_spec(spec_file, templates)
    except SpecError as error:
        if output == "json":
            terminal.emit_json(_refused(error, spec_file))
            return error.exit_code
        raise
    terminal.warn_all(spec.warnings)
    if output == "json":
        terminal.emit_json({"valid": True, "problems": [], "warnings": list(map(_told, spec.warnings)), **_sum(spec)})
    else:
        terminal.emit(
            f"{spec_file}: fine ({', '.join(counted(count, what[:-1]) for what, count in _sum(spec).items())})."
        )
    return 0


def _refused(error: SpecError, file: Path) -> dict[str, Any]:
    problems = error.problems if isinstance(error, SpecProblems) else (Problem(error, str(file)),)
    return {"valid": False, "problems": list(map(_told, problems)), "warnings": []}


def _told(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "code": problem.error.exit_code,
        "message": problem.error.message,
        "hint": problem.error.hint,
    }


def _sum(spec: Spec) -> dict[str, int]:
    return {"engines": len(spec.engines), "roles": len(spec.roles), "teams": len(spec.teams)}
