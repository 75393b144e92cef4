"""README shows what the program prints: each of its console blocks is run, in order, on a fresh stack."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devstack import stack as stacks

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell(tmp_path):
    """Runs a line as somebody who read README down to it: the spec is there, and the team is logged in when it is."""
    shutil.copy(ROOT / "docs" / "example" / "vault-aws.yaml", tmp_path)
    with stacks.running(tmp_path / "stack") as stack:
        env = {**stack.environ(tmp_path), "NO_COLOR": "1"}
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"

        def run(line: str, **more: str) -> str:
            done = subprocess.run(
                ["sh", "-c", line], cwd=tmp_path, env=env | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout
            return done.stdout

        yield run


def commands(block: str) -> list[tuple[str, str]]:
    """Each command of a block, and what README says that it prints."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command.strip(), shown) for command, _, shown in (part.partition("\n") for part in parts)]


def test_every_command_of_readme_prints_what_readme_shows(shell):
    shown = [pair for block in BLOCKS for pair in commands(block)]
    assert {command.split()[0] for command, _ in shown} == {"producer", "consumer"}
    for command, text in shown:
        assert shell(command) == text


def test_every_line_of_the_two_lists_is_a_command_that_exists(shell):
    lines = [line.split("#")[0].strip() for line in re.findall(r"^(?:producer|consumer) .*", README, re.MULTILINE)]
    assert len(lines) > 8
    for line in lines:
        words = line.split()
        verb = " ".join(words[: 3 if words[1] in ("mfa", "tfe") else 2])
        told = shell(f"{verb} --help")
        assert f"Usage: {verb} " in told
        options = re.findall(r"(--[a-z-]+)", line.split(" -- ")[0])
        assert [option for option in options if option not in told] == []


def test_a_team_can_follow_readme_from_the_handover_on(shell):
    shell("producer setup --yes")
    given = json.loads(shell("producer handover payments --format json 2>/dev/null"))
    login = {"VAULT_TOKEN": "", "VAULT_ROLE_ID": given["role_id"]}
    shell(f"echo {given['wrapping_token']} | consumer login --method approle --wrapped", **login)
    assert "network-prod" in shell("consumer roles", **login)
    shell("consumer render --role network-prod --out provider.tf", **login)
    (taken,) = re.findall(r"^creds=.*?(?=  )", README, re.MULTILINE)
    assert shell(f"{taken}; echo $AWS_SESSION_TOKEN", **login).strip()
    missing = taken.replace("network-prod", "nothing")
    assert "failed" in shell(f"{missing} || echo failed", **login).splitlines()
