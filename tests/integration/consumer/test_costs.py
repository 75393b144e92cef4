"""What `consumer creds` loads, by what it must do: by names, as seconds differ from machine to machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "boto3", "botocore", "hvac", "requests", "urllib3", "http", "email", "jinja2", "pydantic", "rich", "hcl2", "yaml",
    "packaging", "platformdirs", "filelock", "asyncio", "subprocess", "difflib", "concurrent", "cryptography",
}  # fmt: skip
WAY_TO_VAULT = {"urllib3", "http", "email"}


@pytest.fixture
def loaded(as_team, catalog_mount):
    """The heavy modules that a process of `consumer creds` has loaded in the end."""

    def run(role: str) -> set[str]:
        argv = ["creds", "--catalog-mount", catalog_mount, "--role", role]
        program = (
            f"import sys; from consumer.__main__ import main; main({argv!r}); print(*sys.modules, file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return {name.split(".")[0] for name in done.stderr.split()} & HEAVY

    return run


def test_a_cached_session_loads_no_more_than_what_opens_it(loaded):
    loaded("net")
    assert loaded("net") == {"cryptography"}


def test_a_cached_key_loads_the_way_to_vault_too(loaded):
    loaded("app")
    assert loaded("app") == {"cryptography"} | WAY_TO_VAULT


@pytest.mark.parametrize("role", ["net", "app"])
def test_fresh_credentials_load_no_more_than_that(loaded, role):
    assert loaded(role) == {"cryptography"} | WAY_TO_VAULT
