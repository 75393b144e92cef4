"""A pipeline file's own scripts, run one after the other as the CI would, log in, apply, and log out."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import hvac
import pytest
import yaml

from .conftest import Person

NETWORK = 'resource "aws_vpc" "test" {\n  cidr_block = "10.9.0.0/16"\n}\n'


@pytest.fixture
def runner(platform, payments) -> Person:
    """A CI's machine: no token, and AppRole's two halves as the CI gives them to the login."""
    given = json.loads(platform.kit("producer", "handover", "payments", "--format", "json"))
    secret_id = hvac.Client(payments.env["VAULT_ADDR"], given["wrapping_token"]).sys.unwrap()["data"]["secret_id"]
    (payments.home / ".vault-token").unlink()
    env = {**payments.env, "VAULT_ROLE_ID": given["role_id"], "VAULT_SECRET_ID": secret_id}
    return replace(payments, env={**env, "WORKSPACE_TMP": str(payments.home), "TF_INPUT": "false"})


def github(text: str) -> list[str]:
    steps = yaml.safe_load(text)["jobs"]["terraform"]["steps"]
    return [step["run"] for step in steps if "run" in step and step.get("name") not in ("Install the kit", "Plan")]


def gitlab(text: str) -> list[str]:
    content = yaml.safe_load(text)
    before = content[".terraform"]["before_script"]
    first = next(number for number, line in enumerate(before) if line.startswith("consumer login"))
    login = "\n".join([*before[first:], *content["apply"]["script"]])  # one shell, as GitLab's runner does it
    return [login, *content[".terraform"]["after_script"]]


def jenkins(text: str) -> list[str]:
    scripts = re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)
    return [script.replace('/home"', '"') for script in scripts if "pip" not in script]


@pytest.mark.parametrize(("ci", "scripts"), [("github", github), ("gitlab", gitlab), ("jenkins", jenkins)])
@pytest.mark.parametrize(("mode", "role"), [("data-source", "network-prod"), ("env", "app-web")])
def test_a_pipeline_applies_and_leaves_neither_token_nor_lease(runner, vault, unique, ci, scripts, mode, role):
    runner.write(".vault-token", vault.token)  # rendering is a person's work
    text = runner.kit("consumer", "render", "--role", role, "--mode", mode, "--ci", ci)
    runner.kit("consumer", "render", "--role", role, "--mode", mode, "--out", "provider.tf")
    (runner.home / ".vault-token").unlink()
    runner.write("main.tf", NETWORK)
    *work, logout = scripts(text)
    for script in work:
        done = runner.run("sh", "-ec", script)
        assert done.code == 0, done.out + done.err
        assert runner.env["VAULT_SECRET_ID"] not in done.out + done.err
    assert "aws_vpc" in (runner.home / "terraform.tfstate").read_text()
    token = (runner.home / ".vault-token").read_text()
    done = runner.run("sh", "-ec", logout)
    assert done.code == 0, done.err
    assert not (runner.home / ".vault-token").exists()
    assert not hvac.Client(runner.env["VAULT_ADDR"], token).is_authenticated()
    assert token not in done.out + done.err
