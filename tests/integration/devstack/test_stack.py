"""The stack that the tests stand on is what it says: a real AWS engine that works with an AWS which remembers."""

from __future__ import annotations

import stat
import subprocess
import time

import pytest


def users(aws):
    return {found["UserName"] for found in aws.client("iam").list_users()["Users"]}


def written(stack):
    """The files in the stack's folder, without those that are links to what was there before."""
    return [path for path in stack.folder.rglob("*") if path.is_file() and not path.is_symlink()]


def eventually(true):
    """A lease is revoked in the background."""
    deadline = time.monotonic() + 10
    while not (done := true()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return done


@pytest.fixture
def engine(vault, stack, unique):
    """A mounted AWS engine with the administrator's key."""
    vault.sys.enable_secrets_engine("aws", path=unique)
    vault.secrets.aws.configure_root_iam_credentials(
        access_key=stack.env["AWS_ACCESS_KEY_ID"],
        secret_key=stack.env["AWS_SECRET_ACCESS_KEY"],
        region="us-east-1",
        mount_point=unique,
    )
    return unique


def test_credentials_come_from_the_engine_and_go_with_their_lease(vault, aws, engine):
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    vault.secrets.aws.create_or_update_role("app", "iam_user", policy_document=policy, mount_point=engine)
    made = vault.secrets.aws.generate_credentials("app", mount_point=engine)
    sts = aws.client("sts", made["data"]["access_key"], made["data"]["secret_key"])
    user = sts.get_caller_identity()["Arn"].rpartition("/")[2]
    assert user in users(aws)
    vault.sys.revoke_lease(made["lease_id"])
    assert eventually(lambda: user not in users(aws))


def test_the_root_key_can_be_rotated(vault, aws, unique):
    iam = aws.client("iam")
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    vault.sys.enable_secrets_engine("aws", path=unique)
    vault.secrets.aws.configure_root_iam_credentials(
        access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"], region="us-east-1", mount_point=unique
    )
    vault.secrets.aws.rotate_root_iam_credentials(mount_point=unique)
    now = [found["AccessKeyId"] for found in iam.list_access_keys(UserName=unique)["AccessKeyMetadata"]]
    assert now != [key["AccessKeyId"]]


def test_the_admins_key_is_a_real_users(aws, stack):
    user = aws.client("iam").get_user()["User"]
    assert user["UserName"] == "vault-root"


def test_aws_managed_policies_are_there(aws):
    policy = aws.client("iam").get_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert policy["Policy"]["PolicyName"] == "ReadOnlyAccess"


def test_regions_and_buckets_have_certificates_too(aws, unique):
    s3 = aws.client("s3", region="eu-central-1")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket=unique, Key="a", Body=b"b")
    assert s3.get_object(Bucket=unique, Key="a")["Body"].read() == b"b"


def test_only_the_user_can_read_what_the_stack_wrote(stack):
    assert stat.S_IMODE(stack.folder.stat().st_mode) == 0o700
    files = [path for path in written(stack) if path.name != "ca.crt"]
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_root_token_stands_nowhere_but_in_env(stack):
    holders = [path.name for path in written(stack) if stack.vault_token in path.read_text()]
    assert holders == ["env"]


def test_a_shell_with_the_stack_finds_the_kits_commands_and_the_servers(stack):
    found = subprocess.run(
        ["/bin/sh", "-c", f". {stack.folder}/env; producer status --spec none; consumer --version; command -v bao vault"],
        env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "There is no spec at none" in found.stderr
    assert "vault-aws-kit" in found.stdout
    if stack.title.startswith("OpenBao"):
        assert f"{stack.folder}/bin/bao" in found.stdout
