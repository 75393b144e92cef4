"""The Python API as its reference page shows it: the page's code is run as it stands."""

from __future__ import annotations

import importlib
import re
import shutil
from pathlib import Path

import pytest

from devstack import stack as stacks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/library.md").read_text()
CODE = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
CALLS = sorted(set(re.findall(r"`(producer(?:\.\w+)+)`", PAGE)))


@pytest.fixture
def own_stack(tmp_path, monkeypatch):
    """A stack of its own, as the page uses the catalog's usual place, and its environment as this process's."""
    with stacks.running(tmp_path / "stack", with_terraform=False) as stack:
        for name, value in stack.env.items():
            monkeypatch.setenv(name, value)
        shutil.copy(ROOT / "docs" / "example" / "vault-aws.yaml", tmp_path)
        monkeypatch.chdir(tmp_path)
        yield stack


@pytest.mark.parametrize("call", CALLS)
def test_every_call_that_the_reference_page_names_is_there(call):
    module, _, name = call.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_the_code_of_the_reference_page_runs(own_stack, capsys):
    (code,) = CODE
    exec(compile(code, "library.md", "exec"), {})
    said = capsys.readouterr().out
    assert "Plan: 12 to create." in said
    assert "('role', 'aws/roles/network-prod')" in said
    assert "('main/app-web', 'in place', 0)" in said
    assert 'path "aws/roles/*"' in said
    assert "('role aws/roles/app-web, since " in said
    assert "\n[]\n" in said
    assert "46 The catalog has no team 'nobody' in spec 'prod'; it has payments." in said
