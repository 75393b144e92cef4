"""OpenTofu runs what was rendered, as Terraform does.

Building it takes minutes: this runs where it is installed or was built before, and with VAULT_AWS_KIT_TEST_OPENTOFU=1.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from devstack.terraform import opentofu, plugins

NETWORK = 'resource "aws_vpc" "test" {\n  cidr_block = "10.10.0.0/16"\n}\n'


@pytest.fixture
def team(payments):
    """The payments team, for whom `terraform` is OpenTofu."""
    if not (opentofu.at_hand() or os.environ.get("VAULT_AWS_KIT_TEST_OPENTOFU")):
        pytest.skip("OpenTofu is not built here: VAULT_AWS_KIT_TEST_OPENTOFU=1 builds it")
    program = opentofu.OpenTofu().get()
    env = {**payments.env, "PATH": f"{program.path}{os.pathsep}{payments.env['PATH']}"}
    if config := plugins.config(program.registry):
        env["TF_CLI_CONFIG_FILE"] = str(config)
    return replace(payments, env=env)


def test_opentofu_applies_and_destroys_what_was_rendered(team):
    assert "OpenTofu" in team.terraform("version")
    team.write("main.tf", NETWORK)
    team.kit("consumer", "render", "--role", "network-prod", "--mode", "data-source", "--out", "provider.tf")
    team.terraform("init", "-input=false")
    team.terraform("apply", "-auto-approve", "-input=false")
    assert "aws_vpc" in (team.home / "terraform.tfstate").read_text()
    team.terraform("destroy", "-auto-approve", "-input=false")
    assert "aws_vpc" not in (team.home / "terraform.tfstate").read_text()


def test_opentofu_decides_the_mode_as_terraform_does(team):
    done = team.run("consumer", "render", "--catalog-mount", team.catalog_mount, "--role", "network-prod")
    assert "Mode ephemeral:" in done.err
