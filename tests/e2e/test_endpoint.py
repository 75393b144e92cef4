"""SDKs of three languages, Terraform's among them, take credentials from the kit's endpoint, through many lifetimes.

The AWS provider that can be built here, 1.60, looks at the endpoint's address only where AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
is there as well.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Person

OLD_PROVIDER = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/"}
PROVIDER = 'provider "aws" {\n  region = "eu-west-1"\n}\n\n'
NETWORK = (
    'resource "aws_vpc" "test" {\n  cidr_block = "10.9.0.0/16"\n}\n\noutput "vpc" {\n  value = aws_vpc.test.id\n}\n'
)

LONG_APPLY = """
resource "aws_vpc" "early" {
  cidr_block = "10.10.0.0/16"
}

data "aws_caller_identity" "early" {}

resource "terraform_data" "lives" {
  input = aws_vpc.early.id

  provisioner "local-exec" {
    command = "$PYTHON three_lives.py"
  }
}

data "aws_caller_identity" "late" {
  depends_on = [terraform_data.lives]
}

resource "aws_subnet" "late" {
  vpc_id     = aws_vpc.early.id
  cidr_block = "10.10.1.0/24"
  depends_on = [terraform_data.lives]
}

output "early" {
  value = data.aws_caller_identity.early.arn
}

output "late" {
  value = data.aws_caller_identity.late.arn
}

output "vpc" {
  value = aws_vpc.early.id
}
"""
THREE_LIVES = """
import os, time, urllib.request, json
ask = urllib.request.Request(
    os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
    headers={"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]},
)
keys = []
while len(keys) < 4:
    key = json.load(urllib.request.urlopen(ask))["AccessKeyId"]
    keys += [key] if key not in keys else []
    time.sleep(0.1)
with open("keys.json", "w") as file:
    json.dump(keys, file)
"""
NODE = """
const { defaultProvider } = require("@aws-sdk/credential-provider-node");
defaultProvider()().then((found) => console.log(JSON.stringify(found)));
"""


@pytest.fixture
def serving(payments):
    """Runs `consumer serve` for a role; gives the address and the token's file."""

    @contextlib.contextmanager
    def serve(role: str) -> Iterator[tuple[str, Path]]:
        argv = ["consumer", "serve", "--catalog-mount", payments.catalog_mount, "--role", role, "--format", "json"]
        with subprocess.Popen(
            argv, cwd=payments.home, env=payments.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as server:
            try:
                ready = json.loads(server.stdout.readline())
                yield ready["roles"][role], Path(ready["token_file"])
            finally:
                server.terminate()
                said = server.communicate(timeout=60)[1]
            assert server.returncode == 0, said

    return serve


def client(payments: Person, address: str, **token: str) -> Person:
    """The team, whose programs ask the endpoint."""
    env = {**payments.env, "AWS_CONTAINER_CREDENTIALS_FULL_URI": address, **token}
    return Person(payments.home, env, payments.catalog_mount)


def test_terraform_applies_and_destroys_with_what_serve_gives(serving, payments, aws):
    payments.write("main.tf", PROVIDER + NETWORK)
    payments.terraform("init", "-input=false")
    with serving("app-web") as (address, file):
        team = client(payments, address, AWS_CONTAINER_AUTHORIZATION_TOKEN=file.read_text(), **OLD_PROVIDER)
        team.terraform("apply", "-auto-approve", "-input=false")
        made = team.terraform("output", "-raw", "vpc").strip()
        ec2 = aws.client("ec2", region="eu-west-1")
        assert made in [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]]
        team.terraform("destroy", "-auto-approve", "-input=false")
        assert made not in [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]]


def test_boto3_works_with_what_serve_gives(serving, payments):
    with serving("network-prod") as (address, file):
        team = client(payments, address, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file))
        who = team.run(sys.executable, "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])")
    assert "111122223333:assumed-role/network/" in who.out, who.err


def test_the_sdk_for_javascript_works_with_what_serve_gives(serving, payments, javascript_sdk, aws):
    with serving("app-web") as (address, file):
        team = client(
            payments,
            address,
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file),
            NODE_PATH=str(javascript_sdk / "node_modules"),
        )
        team.write("chain.js", NODE)
        done = team.run("node", "chain.js")
        assert done.code == 0, done.err
        found = json.loads(done.out)
        assert aws.owner_of(found["accessKeyId"])
        assert found["expiration"]
    assert aws.owner_of(found["accessKeyId"]) is None


def test_an_apply_goes_on_through_three_lifetimes_of_its_credentials(payments, vault, unique, aws):
    """The engine's longest lease is 6 seconds, and the apply waits until the third one has been replaced."""
    vault.write_data(f"aws-{unique}/config/lease", data={"lease": "6s", "lease_max": "6s"})
    payments.write("main.tf", PROVIDER + LONG_APPLY)
    payments.write("three_lives.py", THREE_LIVES)
    payments.terraform("init", "-input=false")
    done = payments.run(
        "consumer", "exec", "--refresh", "--catalog-mount", payments.catalog_mount, "--role", "app-web", "--",
        "env", *(f"{name}={value}" for name, value in OLD_PROVIDER.items()), f"PYTHON={sys.executable}",
        "terraform", "apply", "-auto-approve", "-input=false", "-no-color",
    )  # fmt: skip
    assert done.code == 0, done.out + done.err
    out = {name: found["value"] for name, found in json.loads(payments.terraform("output", "-json")).items()}
    users = [out["early"], out["late"]]
    assert all(f":user/{unique}/" in user for user in users), users
    assert out["early"] != out["late"]
    keys = json.loads((payments.home / "keys.json").read_text())
    assert [aws.owner_of(key) for key in keys] == [None] * 4
    subnets = aws.client("ec2", region="eu-west-1").describe_subnets()["Subnets"]
    assert out["vpc"] in [subnet["VpcId"] for subnet in subnets]
