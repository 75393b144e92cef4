"""What a team renders is applied and destroyed by a real Terraform, with the team's own token."""

from __future__ import annotations

import pytest

NETWORK = (
    'resource "aws_vpc" "test" {\n  cidr_block = "10.7.0.0/16"\n}\n\noutput "vpc" {\n  value = aws_vpc.test.id\n}\n'
)


@pytest.fixture
def applied(payments, request):
    """A VPC made with the credentials of the role that the test names."""
    payments.kit("consumer", "render", "--role", request.param, "--mode", "data-source", "--out", "provider.tf")
    payments.write("main.tf", NETWORK)
    payments.terraform("init", "-input=false")
    payments.terraform("apply", "-auto-approve", "-input=false")
    return payments


def vpcs(aws, role=None):
    """The VPCs that AWS has in eu-west-1, in the account of a role or else in the administrator's."""
    key = ()
    if role:
        given = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        key = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return [vpc["VpcId"] for vpc in aws.client("ec2", *key, region="eu-west-1").describe_vpcs()["Vpcs"]]


@pytest.mark.parametrize(
    ("applied", "account"),
    [("network-prod", "arn:aws:iam::111122223333:role/network"), ("app-web", None)],
    indirect=["applied"],
    ids=["assumed_role", "iam_user"],
)
def test_terraform_applies_and_destroys_with_what_was_rendered(applied, account, aws):
    made = applied.terraform("output", "-raw", "vpc").strip()
    assert made in vpcs(aws, account)
    applied.terraform("destroy", "-auto-approve", "-input=false")
    assert made not in vpcs(aws, account)


@pytest.mark.parametrize("applied", ["network-prod"], indirect=True)
def test_the_lease_of_a_run_is_known_to_vault_afterwards(applied, vault, unique):
    leases = vault.sys.list_leases(f"aws-{unique}/sts/network-prod")["data"]["keys"]
    assert leases


@pytest.mark.parametrize("applied", ["app-web"], indirect=True)
def test_after_revocation_the_iam_user_of_a_run_is_gone_from_aws(applied, vault, unique, aws):
    iam = aws.client("iam")
    users = [user["UserName"] for user in iam.list_users(PathPrefix=f"/{unique}/")["Users"]]
    assert users
    vault.sys.revoke_prefix(f"aws-{unique}/creds/app-web")
    for name in users:
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_user(UserName=name)


@pytest.mark.parametrize("mode", ["data-source", "ephemeral"])
def test_what_is_rendered_is_as_terraform_fmt_would_write_it(payments, mode):
    payments.kit(
        "consumer", "render", "--role", "network-prod", "--role", "web=app-web", "--mode", mode, "--out", "provider.tf"
    )
    assert payments.run("terraform", "fmt", "-check", "-diff", ".").out == ""


def test_exec_runs_terraform_with_credentials_from_the_environment_and_ends_them(payments, aws):
    payments.write("main.tf", 'provider "aws" {\n  region = "eu-west-1"\n}\n\n' + NETWORK)
    payments.terraform("init", "-input=false")
    done = payments.run(
        "consumer", "exec", "--catalog-mount", payments.catalog_mount, "--role", "app-web", "--",
        "terraform", "apply", "-auto-approve", "-input=false", "-no-color",
    )  # fmt: skip
    assert done.code == 0, done.out + done.err
    assert payments.terraform("output", "-raw", "vpc").strip() in vpcs(aws)
    assert "evoked" in done.err
    again = payments.run(
        "consumer", "exec", "--catalog-mount", payments.catalog_mount, "--role", "app-web", "--",
        "terraform", "destroy", "-auto-approve", "-input=false", "-no-color",
    )  # fmt: skip
    assert again.code == 0, again.out + again.err


def test_a_teams_home_holds_no_credentials_but_its_token_and_terraforms_state(payments):
    payments.kit("consumer", "render", "--role", "network-prod", "--mode", "data-source", "--out", "provider.tf")
    files = {path.name for path in payments.home.rglob("*") if path.is_file()}
    assert files == {".vault-token", "provider.tf"}
    assert (payments.home / ".vault-token").stat().st_mode & 0o077 == 0
