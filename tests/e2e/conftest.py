"""A platform team and a payments team of the test's own: real commands, a real server, and a real Terraform."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from devstack.stack import Stack
from tests import npm
from tests.integration.conftest import from_vault  # noqa: F401 - a fixture that strict_aws needs
from tests.integration.strict_aws import strict_aws, strict_aws_address  # noqa: F401 - fixtures

JAVASCRIPT_SDK = "@aws-sdk/credential-provider-node@3.972.98"
COMMANDS = Path(sys.executable).parent
EXAMPLE = Path(__file__).parents[2] / "docs" / "example" / "vault-aws.yaml"


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Person:
    """Somebody with a home, which is also where commands run, and an environment."""

    home: Path
    env: Mapping[str, str]
    catalog_mount: str

    def run(self, *argv: str, given: str | None = None) -> Done:
        """Run a command, whatever comes of it."""
        done = subprocess.run(
            argv, cwd=self.home, env=self.env, input=given, capture_output=True, text=True, check=False, timeout=300
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def kit(self, *argv: str, given: str | None = None) -> str:
        """Run `producer …` or `consumer …` on the test's catalog; what it printed. It must succeed."""
        command, verb, *rest = argv
        done = self.run(command, verb, "--catalog-mount", self.catalog_mount, *rest, given=given)
        assert done.code == 0, done.err
        return done.out

    def terraform(self, *argv: str) -> str:
        """Run Terraform; what it printed. It must succeed."""
        done = self.run("terraform", *argv, "-no-color")
        assert done.code == 0, done.out + done.err
        return done.out

    def write(self, name: str, text: str) -> None:
        (self.home / name).write_text(text)


def person(name: str, stack: Stack, unique: str, tmp_path: Path, **more: str) -> Person:
    home = tmp_path / name
    home.mkdir()
    env = {**stack.environ(home), **more}
    return Person(home, {**env, "PATH": f"{COMMANDS}{os.pathsep}{env['PATH']}"}, f"catalog-{unique}")


@pytest.fixture
def platform(terraform_stack, unique, tmp_path) -> Person:
    """The platform team, which has set up the example on mounts of the test's own."""
    admin = person("platform", terraform_stack, unique, tmp_path)
    spec = EXAMPLE.read_text()
    for shared, own in (
        ("mount: aws", f"mount: aws-{unique}"),
        ("name: prod\n", f"name: {unique}\n"),
        ("path: /vault/", f"path: /{unique}/"),
    ):
        assert shared in spec
        spec = spec.replace(shared, own)
    admin.write("vault-aws.yaml", spec)
    admin.kit("producer", "setup", "--yes")
    return admin


@pytest.fixture
def payments(platform, terraform_stack, unique, tmp_path) -> Person:
    """The payments team, logged in with what it was handed over: it has no AWS keys and no root token."""
    given = json.loads(platform.kit("producer", "handover", "payments", "--format", "json"))
    team = person("payments", terraform_stack, unique, tmp_path, VAULT_ROLE_ID=given["role_id"])
    env = {k: v for k, v in team.env.items() if k not in ("VAULT_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    team = Person(team.home, env, team.catalog_mount)
    team.kit("consumer", "login", "--method", "approle", "--wrapped", given=given["wrapping_token"] + "\n")
    return team


@pytest.fixture
def javascript_sdk() -> Path:
    """A folder in which `node` finds the AWS SDK for JavaScript's chain of credential providers."""
    return npm.installed(JAVASCRIPT_SDK)
