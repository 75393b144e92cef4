"""What a command loads: by names, as seconds differ from machine to machine."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from consumer.cache import Entry, Store
from consumer.cli import VERBS
from consumer.codes.nobody import Nobody
from consumer.commands import mfa, tfe
from consumer.mfa.key import Key
from consumer.sources.mfa_session import MfaSession
from vault_aws_kit import clock
from vault_aws_kit.credentials import Credentials

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
    "pytfe",
    "httpx",
}


def loaded(*argv: str, home: str = "/nowhere", **variables: str) -> set[str]:
    program = f"import sys; from consumer.cli import main; main({list(argv)!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"HOME": home, "VAULT_TOKEN": "t", **variables},
    )
    return {name.split(".")[0] for name in done.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_loads_nothing_heavy(verb):
    assert loaded(verb, "--help") & HEAVY == set()


@pytest.mark.parametrize("verb", mfa.VERBS)
def test_help_of_a_verb_of_mfa_loads_nothing_heavy(verb):
    assert loaded("mfa", verb, "--help") & HEAVY == set()


@pytest.mark.parametrize("verb", tfe.VERBS)
def test_help_of_a_verb_of_tfe_loads_nothing_heavy(verb):
    assert loaded("tfe", verb, "--help") & HEAVY == set()


def test_help_loads_nothing_heavy():
    assert loaded("--help") & HEAVY == set()


def test_creds_load_no_more_than_the_way_to_vault_and_the_cache(tmp_path):
    found = loaded("creds", "--role", "x", "--address", "http://127.0.0.1:9", home=str(tmp_path))
    assert found & HEAVY == {"urllib3", "cryptography"}


def test_a_kept_session_of_mfa_loads_no_more_than_the_cache(tmp_path, monkeypatch):
    key = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = MfaSession(Key("AKIAEXAMPLE", "secret"), Nobody("Do this."))
    store, ends = Store.of_user("secret"), clock.now() + timedelta(hours=1)
    session = Credentials("ASIAEXAMPLE", "s", "t", expires=ends)
    store.write(store.key(source.identity), Entry(session, clock.now(), ends))
    found = loaded("mfa", "login", "--no-prompt", home=str(tmp_path), XDG_CACHE_HOME=str(tmp_path), **key)
    assert found & HEAVY == {"cryptography"}
