"""What the consumer says of its modes is what a real Terraform does with them."""

from __future__ import annotations

import json

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
