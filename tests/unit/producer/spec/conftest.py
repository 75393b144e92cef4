"""Specs as texts, and what `load_spec` makes of them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from producer.spec import Spec, load_spec
from vault_aws_kit.errors import Problem, SpecProblems

BASE = """
version: 1
name: prod
engines:
  - {name: main, mount: aws, region: eu-west-1, lease: {default: 15m, max: 1h}}
"""


@pytest.fixture
def load(tmp_path) -> Callable[[str], Spec]:
    """Load a spec: a whole one, or what comes after `engines`."""

    def from_text(text: str) -> Spec:
        text = textwrap.dedent(text)
        path = tmp_path / "vault-aws.yaml"
        path.write_text(text if "version:" in text else BASE.lstrip() + text.lstrip("\n"))
        return load_spec(path)

    return from_text


@pytest.fixture
def problems(load) -> Callable[[str], list[Problem]]:
    """All that is wrong with a spec."""

    def of(text: str) -> list[Problem]:
        with pytest.raises(SpecProblems) as refused:
            load(text)
        return list(refused.value.problems)

    return of


@pytest.fixture
def example() -> Path:
    return Path(__file__).parents[4] / "docs" / "example" / "vault-aws.yaml"
