"""What the consumer says of its modes is what a real Terraform does with them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest

from .conftest import Person

NETWORK = 'resource "aws_vpc" "test" {\n  cidr_block = "10.8.0.0/16"\n}\n'
PINS = (
    'terraform {\n  required_providers {\n    aws   = { source = "hashicorp/aws" }\n'
    '    vault = { source = "hashicorp/vault", version = "< 5.6" }\n  }\n}\n'
)
WHO = """
data "aws_caller_identity" "net" {}

data "aws_caller_identity" "web" {
  provider = aws.web
}

output "net" {
  value = data.aws_caller_identity.net.account_id
}

output "web" {
  value = data.aws_caller_identity.web.account_id
}
"""


def render(payments, *argv: str):
    done = payments.run("consumer", "render", "--catalog-mount", payments.catalog_mount, "--out", "provider.tf", *argv)
    assert done.code == 0, done.err
    return done


def apply(payments) -> None:
    payments.terraform("init", "-input=false")
    payments.terraform("apply", "-auto-approve", "-input=false")


def state(payments) -> str:
    return (payments.home / "terraform.tfstate").read_text()


def test_several_roles_are_several_accounts_of_one_run(payments):
    payments.write("main.tf", WHO)
    render(payments, "--role", "network-prod", "--role", "web=app-web", "--mode", "data-source")
    apply(payments)
    accounts = {name: out["value"] for name, out in json.loads(payments.terraform("output", "-json")).items()}
    assert accounts["net"] == "111122223333"
    assert accounts["web"] not in ("", "111122223333")


def test_the_account_guard_stops_terraform_before_it_makes_anything(payments):
    payments.write("main.tf", NETWORK)
    render(payments, "--role", "network-prod", "--mode", "data-source")
    provider = payments.home / "provider.tf"
    provider.write_text(provider.read_text().replace('["111122223333"]', '["999999999999"]'))
    payments.terraform("init", "-input=false")
    done = payments.run("terraform", "apply", "-auto-approve", "-input=false", "-no-color")
    assert done.code
    assert "allowed" in done.err
    assert not (payments.home / "terraform.tfstate").exists()


def test_the_data_source_mode_writes_credentials_to_the_state_as_it_warns(payments):
    payments.write("main.tf", NETWORK)
    assert "plan and its state" in render(payments, "--role", "network-prod", "--mode", "data-source").err
    apply(payments)
    kept = next(
        one for one in json.loads(state(payments))["resources"] if one["type"] == "vault_aws_access_credentials"
    )
    assert kept["instances"][0]["attributes"]["secret_key"]


def test_exec_leaves_no_credentials_in_the_state(payments):
    payments.write("main.tf", 'provider "aws" {\n  region = "eu-west-1"\n}\n\n' + NETWORK)
    payments.terraform("init", "-input=false")
    done = payments.run(
        "consumer", "exec", "--catalog-mount", payments.catalog_mount, "--role", "network-prod", "--",
        "sh", "-c", 'echo "$AWS_SECRET_ACCESS_KEY"; terraform apply -auto-approve -input=false >&2',
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "aws_vpc" in state(payments)
    assert len(done.out.strip()) == 40
    assert done.out.strip() not in state(payments)


def test_auto_chooses_what_the_pinned_provider_can_do(payments):
    payments.write("versions.tf", PINS)
    payments.write("main.tf", NETWORK)
    said = render(payments, "--role", "network-prod").err
    assert "Mode data-source: versions.tf asks for vault provider '< 5.6'" in said
    apply(payments)
    render(payments, "--role", "network-prod")  # now with init's lock file too, and a file that is equal
    assert "unchanged" in render(payments, "--role", "network-prod").err


# ── process, env ────────────────────────────────────────────────────────────────────────────────


def profiles(provider: str) -> str:
    """The part of ~/.aws/config that a rendered file shows in its comment."""
    lines = [line.removeprefix("#   ") for line in provider.splitlines() if line.startswith("#   ")]
    return "\n".join([*lines, ""])


def test_the_process_mode_is_applied_and_destroyed_by_the_profile_that_the_file_shows(payments, aws):
    payments.write("main.tf", NETWORK)
    render(payments, "--role", "network-prod", "--mode", "process")
    config = profiles((payments.home / "provider.tf").read_text())
    assert config.startswith("[profile network-prod]\n")
    (payments.home / ".aws").mkdir()
    payments.write(".aws/config", config)
    env = {**payments.env, "AWS_SDK_LOAD_CONFIG": "1"}  # this old AWS provider needs it to read the file
    team = replace(payments, env=env)
    apply(team)
    assert "aws_vpc" in state(payments)
    assert "ASIA" not in state(payments)
    team.terraform("destroy", "-auto-approve", "-input=false")
    assert "aws_vpc" not in state(payments)


def test_the_env_mode_is_applied_and_destroyed_by_the_command_that_the_file_shows(payments):
    payments.write("main.tf", NETWORK)
    render(payments, "--role", "network-prod", "--mode", "env")
    line = profiles((payments.home / "provider.tf").read_text()).strip()
    assert line == f"consumer exec --catalog-mount {payments.catalog_mount} --role network-prod -- terraform apply"
    payments.terraform("init", "-input=false")
    words = line.split()
    for verb, left in (("apply", True), ("destroy", False)):
        done = payments.run(*words[:-1], verb, "-auto-approve", "-input=false", "-no-color")
        assert done.code == 0, done.out + done.err
        assert ("aws_vpc" in state(payments)) is left


# ── logins and shapes ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def approle(platform, payments) -> Person:
    """The payments team without a token: Terraform itself logs in by AppRole."""
    given = json.loads(platform.kit("producer", "handover", "payments", "--format", "json"))
    unwrapped = platform.run(
        sys.executable, "-c",
        "import hvac, os, sys; vault = hvac.Client(os.environ['VAULT_ADDR'], sys.stdin.readline().strip()); "
        "print(vault.sys.unwrap()['data']['secret_id'])",
        given=given["wrapping_token"] + "\n",
    )  # fmt: skip
    secrets = {"TF_VAR_vault_role_id": given["role_id"], "TF_VAR_vault_secret_id": unwrapped.out.strip()}
    return replace(payments, env={**payments.env, **secrets})


def test_terraform_logs_in_by_approle_itself(approle):
    approle.write("main.tf", NETWORK)
    render(approle, "--role", "network-prod", "--mode", "data-source", "--auth", "approle")
    (approle.home / ".vault-token").unlink()
    apply(approle)
    assert approle.env["TF_VAR_vault_secret_id"] not in (approle.home / "provider.tf").read_text() + state(approle)
    approle.terraform("destroy", "-auto-approve", "-input=false")


@pytest.mark.parametrize(
    "argv", [("--split", "--out", "."), ("--format", "json", "--out", "provider.tf.json")], ids=["split", "json"]
)
def test_every_shape_is_applied_and_destroyed(payments, argv):
    payments.write("main.tf", NETWORK)
    payments.kit("consumer", "render", "--role", "network-prod", "--mode", "data-source", *argv)
    apply(payments)
    assert "aws_vpc" in state(payments)
    payments.terraform("destroy", "-auto-approve", "-input=false")


def test_a_role_that_the_provider_assumes_decides_the_account(payments):
    payments.write(
        "main.tf",
        'data "aws_caller_identity" "me" {}\n\noutput "account" {\n  value = data.aws_caller_identity.me.account_id\n}\n',
    )
    other = "arn:aws:iam::444455556666:role/deploy,session_name=run,external_id=x-1"
    render(payments, "--role", "network-prod", "--mode", "data-source", "--assume-role", other)
    # This old AWS provider looks for AWS_CA_BUNDLE everywhere but where it assumes a role.
    team = replace(payments, env={**payments.env, "SSL_CERT_FILE": payments.env["AWS_CA_BUNDLE"]})
    apply(team)
    assert json.loads(payments.terraform("output", "-json"))["account"]["value"] == "444455556666"
