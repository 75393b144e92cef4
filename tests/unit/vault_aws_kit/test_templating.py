"""The floor's templating: where templates are found, and strings that stay strings in HCL."""

from __future__ import annotations

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound, UndefinedError
from jinja2.exceptions import SecurityError

from vault_aws_kit.templating import environment, hcl_string, own_templates


def test_the_kits_own_templates_are_found():
    assert (own_templates() / "policies" / "s3-read.json.j2").is_file()
    assert environment().get_template("vault/team-policy.hcl.j2")


def test_a_users_folder_is_searched_first(tmp_path):
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "team-policy.hcl.j2").write_text("mine")
    assert environment([tmp_path]).get_template("vault/team-policy.hcl.j2").render() == "mine"


def test_no_template_is_read_from_outside_of_the_folders(tmp_path):
    (tmp_path / "secret").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(TemplateNotFound):
        environment([tmp_path / "folder"]).get_template("../secret")


def test_undefined_is_an_error_and_python_out_of_reach():
    with pytest.raises(UndefinedError):
        environment().from_string("{{ x }}").render()
    with pytest.raises(SecurityError):
        environment().from_string("{{ ''.__class__.__mro__ }}").render()


@pytest.mark.parametrize(
    ("text", "hcl"),
    [
        ("plain", '"plain"'),
        ('say "x"', r'"say \"x\""'),
        ("a\\b\n", r'"a\\b\n"'),
        ("${x} %{if}", '"$${x} %%{if}"'),
        ("\0\u2028", r'"\u0000\u2028"'),
        ("\U000e0001", r'"\U000e0001"'),
    ],
)
def test_an_hcl_string_means_exactly_its_text(text, hcl):
    assert hcl_string(text) == hcl


@given(st.text())
def test_no_text_gets_out_of_its_hcl_string(text):
    parsed = hcl2.loads(f"a = {hcl_string(text)}\nb = 1\n")
    assert set(parsed) == {"a", "b"}
