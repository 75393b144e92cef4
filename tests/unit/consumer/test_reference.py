"""The reference pages know every verb and option, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from consumer.cli import VERBS, cli

FOLDER = Path(__file__).parents[3] / "docs" / "reference"
PAGE = "".join(
    (FOLDER / name).read_text() for name in ("consumer.md", "render.md", "check.md", "mfa-login.md", "tfe.md")
)


def options(verb: str) -> set[str]:
    """The options of a verb, and of the verbs below it."""
    command = cli.get_command(click.Context(cli), verb)
    context = click.Context(command)
    below = command.list_commands(context) if isinstance(command, click.Group) else ()
    commands = [command, *(command.get_command(context, name) for name in below)]
    parameters = [parameter for one in commands for parameter in one.params]
    found = (name for parameter in parameters for name in (*parameter.opts, *parameter.secondary_opts))
    return {name for name in found if name.startswith("--")} - {"--help"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_section(verb):
    assert f"## `consumer {verb}`" in PAGE


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_is_told(verb):
    assert {name for name in options(verb) if f"`{name}" not in PAGE} == set()


def test_no_option_is_told_that_is_not_there():
    told = set(re.findall(r"(?<=`)--[a-z-]+", PAGE))
    assert told <= set().union(*map(options, VERBS))
