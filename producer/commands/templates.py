"""`producer templates`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from producer.options import templates_option
from vault_aws_kit import terminal


def _variables(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> dict[str, Any]:
    """`k=v` pairs, whose values are read as YAML."""
    import yaml

    found = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE.", ctx, param)
        try:
            found[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise click.BadParameter(f"the value of {pair!r} is not YAML; quote it.", ctx, param) from None
    return found


@click.command()
@click.argument("name", required=False)
@templates_option
@click.option("--render", is_flag=True, help="Print the policy that the template NAME renders.")
@click.option("--var", "variables", metavar="NAME=VALUE", multiple=True, callback=_variables,
              help="With --render: a variable, its value in YAML or JSON; may be repeated.")  # fmt: skip
@terminal.format_option("text", "json")
def command(name: str | None, templates: Sequence[Path], render: bool, variables: dict[str, Any], output: str) -> None:
    """List the policy templates, show what NAME is and takes, or render it."""
    from producer import policies
    from producer.policies import text

    if variables and not render:
        raise click.UsageError("--var goes with --render.")
    if name is None:
        if render:
            raise click.UsageError("--render needs the NAME of a template.")
        found = policies.templates(templates)
        if output == "json":
            terminal.emit_json([text.template_json(info) for info in found])
        else:
            terminal.emit_table(["NAME", "SUMMARY"], [(info.name, info.summary) for info in found])
    elif render:
        document = policies.render_template(name, variables, templates)
        terminal.emit_json(document)
        policies.check(document)
        for finding in policies.lint(policies.minify(document)):
            terminal.warn(finding)
    else:
        info = policies.template(name, templates)
        if output == "json":
            terminal.emit_json(text.template_json(info) | {"source": info.source})
        else:
            terminal.emit(text.template_text(info))
