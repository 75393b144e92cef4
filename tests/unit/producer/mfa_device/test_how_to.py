"""The pipelines of "MFA in CI without a human" are valid, pinned, and show the key to the one command that needs it."""

from __future__ import annotations

import json
import re
import subprocess
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

PAGE = (Path(__file__).parents[4] / "docs" / "how-to" / "mfa-in-ci.md").read_text()
GITHUB, GITLAB = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
STEPS = GITHUB["jobs"]["apply"]["steps"]
SCRIPTS = (
    [step["run"] for step in STEPS if "run" in step] + GITLAB["apply"]["before_script"] + GITLAB["apply"]["script"]
)


@pytest.mark.parametrize(("schema", "content"), [("github-workflows", GITHUB), ("gitlab-ci", GITLAB)])
def test_the_file_is_what_the_cis_own_schema_allows(schema, content):
    found = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{schema}.json"
    content = {"on" if key is True else key: value for key, value in content.items()}  # `on`, to YAML 1.1
    jsonschema.validate(content, json.loads(found.read_text()))


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_one_that_a_shell_can_read_and_holds_no_expression_of_githubs(script):
    assert subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False).returncode == 0
    assert "${{" not in script


def test_the_key_is_seen_by_the_one_step_that_needs_it():
    assert [step["name"] for step in STEPS if "secrets." in json.dumps(step)] == ["Apply"]
    assert "secrets." not in json.dumps(GITHUB["jobs"]["apply"]["env"])


def test_a_job_is_given_no_more_than_it_needs_and_runs_alone():
    assert GITHUB["permissions"] == {}
    assert GITHUB["jobs"]["apply"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert GITHUB["concurrency"]
    assert GITLAB["apply"]["resource_group"]


def test_githubs_actions_are_pinned_to_commits_as_those_that_the_kit_renders():
    rendered = (Path(__file__).parents[4] / "templates" / "ci" / "github.j2").read_text()
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert len(used) == 3
    assert [action for action in used if action not in rendered] == []


def test_no_code_and_no_secret_stands_in_arguments():
    assert not [script for script in SCRIPTS if re.search(r"login \d|SECRET|--code[ =]", script)]
    assert sum("--code-from vault:totp/code/ci-deploy" in script for script in SCRIPTS) == 2


def test_the_login_is_bound_to_a_repository_and_a_branch():
    (role,) = re.findall(r"vault write auth/github/role/ci-deploy -<<'EOF'\n(.*?)EOF", PAGE, re.DOTALL)
    assert json.loads(role)["bound_claims"].keys() == {"repository", "ref"}
