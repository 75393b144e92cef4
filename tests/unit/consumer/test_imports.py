"""What a command loads: by names, as seconds differ from machine to machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from consumer.cli import VERBS

HEAVY = {
    "cryptography",
    "filelock",
    "platformdirs",
    "boto3",
    "botocore",
    "hvac",
    "requests",
    "urllib3",
    "jinja2",
    "pydantic",
    "rich",
    "hcl2",
    "yaml",
    "packaging",
}


def loaded(*argv: str, home: str = "/nowhere") -> set[str]:
    program = f"import sys; from consumer.cli import main; main({list(argv)!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"HOME": home, "VAULT_TOKEN": "t"},
    )
    return {name.split(".")[0] for name in done.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_loads_nothing_heavy(verb):
    assert loaded(verb, "--help") & HEAVY == set()


def test_help_loads_nothing_heavy():
    assert loaded("--help") & HEAVY == set()


def test_creds_load_no_more_than_the_way_to_vault_and_the_cache(tmp_path):
    found = loaded("creds", "--role", "x", "--address", "http://127.0.0.1:9", home=str(tmp_path))
    assert found & HEAVY == {"urllib3", "cryptography"}
