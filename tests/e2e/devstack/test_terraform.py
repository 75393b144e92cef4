"""A Terraform that was given nothing but the stack's environment works with both providers."""

from __future__ import annotations

import subprocess

import pytest

MAIN = """\
terraform {{
  required_providers {{
    vault = {{ source = "hashicorp/vault" }}
    aws   = {{ source = "hashicorp/aws" }}
  }}
}}

provider "vault" {{
  skip_child_token = true
}}

data "vault_aws_access_credentials" "app" {{
  backend = "{mount}"
  role    = "app"
}}

provider "aws" {{
  region     = "eu-west-1"
  access_key = data.vault_aws_access_credentials.app.access_key
  secret_key = data.vault_aws_access_credentials.app.secret_key
}}

resource "aws_vpc" "main" {{
  cidr_block = "{cidr}"
}}
"""
ANYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@pytest.fixture
def terraform(terraform_stack, tmp_path):
    """Runs Terraform in a folder of the test's own."""
    env = terraform_stack.environ(home=tmp_path)

    def run(*argv):
        command = ["terraform", *argv, "-no-color"]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    return run


def test_what_the_vault_provider_reads_the_aws_provider_works_with(terraform, vault, aws, stack, unique, tmp_path):
    vault.sys.enable_secrets_engine("aws", path=unique)
    vault.secrets.aws.configure_root_iam_credentials(
        stack.env["AWS_ACCESS_KEY_ID"], stack.env["AWS_SECRET_ACCESS_KEY"], region="us-east-1", mount_point=unique
    )
    vault.secrets.aws.create_or_update_role("app", "iam_user", policy_document=ANYTHING, mount_point=unique)
    cidr = f"10.{int(unique[1:3], 16)}.0.0/16"
    (tmp_path / "main.tf").write_text(MAIN.format(mount=unique, cidr=cidr))
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    vpcs = aws.client("ec2", region="eu-west-1").describe_vpcs()["Vpcs"]
    assert cidr in {vpc["CidrBlock"] for vpc in vpcs}
    terraform("destroy", "-auto-approve", "-input=false")
    vpcs = aws.client("ec2", region="eu-west-1").describe_vpcs()["Vpcs"]
    assert cidr not in {vpc["CidrBlock"] for vpc in vpcs}
