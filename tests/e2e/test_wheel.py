"""What is shipped: the wheel, built and installed into an empty environment, does the main job from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder of commands of an environment that holds the wheel, and nothing else of ours."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run(
        [folder / "bin" / "pip", "install", "--quiet", "--constraint", str(ROOT / "constraints.txt"), str(wheel)],
        check=True,
        capture_output=True,
    )
    return folder / "bin"


def test_the_wheel_holds_the_packages_and_templates_and_nothing_of_the_local_stack(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"producer", "consumer", "vault_aws_kit"}
    shipped = {name.removeprefix("vault_aws_kit/") for name in names}
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*") if path.is_file()}
    assert sources <= shipped
    assert {"vault_aws_kit/py.typed", "producer/py.typed", "consumer/py.typed"} <= set(names)


def test_the_main_job_works_from_the_wheel(installed, stack, unique, tmp_path):
    env = {**stack.env, "PATH": f"{installed}{os.pathsep}{stack.env['PATH']}", "HOME": str(tmp_path)}

    def run(*argv: str, given: str = "", **more: str) -> str:
        done = subprocess.run(
            argv, env=env | more, cwd=tmp_path, input=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    spec = (ROOT / "docs" / "example" / "vault-aws.yaml").read_text()
    (tmp_path / "vault-aws.yaml").write_text(
        spec.replace("mount: aws", f"mount: aws-{unique}").replace("name: prod", f"name: {unique}")
    )
    catalog = ("--catalog-mount", f"catalog-{unique}")
    assert "setup" in run("producer", "--help")
    assert "s3-read" in run("producer", "templates")
    run("producer", "setup", "--yes", *catalog)
    given = json.loads(run("producer", "handover", "payments", "--format", "json", *catalog))
    del env["VAULT_TOKEN"]
    run(
        "consumer", "login", "--method", "approle", "--wrapped", *catalog,
        given=given["wrapping_token"] + "\n", VAULT_ROLE_ID=given["role_id"],
    )  # fmt: skip
    roles = json.loads(run("consumer", "roles", "--format", "json", *catalog))
    rendered = run("consumer", "render", "--role", roles[0]["name"], "--mode", "data-source", *catalog)
    assert 'data "vault_aws_access_credentials"' in rendered
