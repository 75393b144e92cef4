"""The AWS login: a signed request that Vault's own auth method takes, and STS too.

The other tests' server has no such method: one of these tests' own runs HashiCorp's, as a plugin.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import boto3
import pytest
import requests
from botocore.config import Config as AwsConfig

from consumer.cli import main
from devstack import stack as stacks
from devstack.errors import StackError
from devstack.servers import aws_login
from devstack.servers.embedded import Embedded
from vault_aws_kit.auth.aws import SERVER_ID, signed_request
from vault_aws_kit.errors import LoginFailed, NoAwsCredentials
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault


@pytest.fixture
def user(aws, unique, monkeypatch):
    """An IAM user of the test's own, whose key is in the environment; gives its ARN."""
    iam = aws.client("iam")
    arn = iam.create_user(UserName=unique)["User"]["Arn"]
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    return arn


def decoded(fields: dict[str, str]) -> tuple[str, str, dict[str, list[str]]]:
    """The URL, the body and the headers, as Vault reads them."""
    url, body, headers = (
        base64.b64decode(fields[f"iam_request_{name}"]).decode() for name in ("url", "body", "headers")
    )
    return url, body, json.loads(headers)


def signed_headers(headers: dict[str, list[str]]) -> list[str]:
    return re.search(r"SignedHeaders=([^,]+)", headers["Authorization"][0])[1].split(";")


def test_the_request_is_what_vault_takes(user):
    fields = signed_request(server_id="vault.example.com")
    url, body, headers = decoded(fields)
    assert fields["iam_http_request_method"] == "POST"
    assert url == "https://sts.amazonaws.com/"
    assert body == "Action=GetCallerIdentity&Version=2011-06-15"
    assert headers[SERVER_ID] == ["vault.example.com"]
    assert SERVER_ID.lower() in signed_headers(headers)
    assert "host" in signed_headers(headers)
    assert "/us-east-1/sts/aws4_request" in headers["Authorization"][0]
    assert set(fields) == {
        f"iam_{name}" for name in ("http_request_method", "request_url", "request_body", "request_headers")
    }


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("eu-west-1", "https://sts.eu-west-1.amazonaws.com/"),
        ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_a_regions_sts_is_signed_for_that_region(user, region, url):
    found, _, headers = decoded(signed_request(region=region))
    assert found == url
    assert f"/{region}/sts/aws4_request" in headers["Authorization"][0]


def test_a_sessions_token_is_signed_along(user, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token")
    _, _, headers = decoded(signed_request())
    assert headers["X-Amz-Security-Token"] == ["session-token"]
    assert "x-amz-security-token" in signed_headers(headers)


def test_aws_answers_the_request_with_who_signed_it(user, stack):
    url, body, headers = decoded(signed_request(server_id="vault.example.com"))
    answer = requests.post(
        url,
        body,
        headers={name: values[0] for name, values in headers.items()},
        proxies={"https": stack.env["HTTPS_PROXY"]},
        verify=stack.env["AWS_CA_BUNDLE"],
        timeout=20,
    )
    assert answer.status_code == 200, answer.text
    assert user in answer.text


def test_the_secret_key_is_in_none_of_it(user, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-canary")
    assert "secret-canary" not in "".join(decoded(signed_request())[:2]) + str(decoded(signed_request())[2])


def test_without_aws_credentials_login_says_so(consumer, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    run = consumer("login", "--method", "aws", "--role", "x")
    assert run.code == NoAwsCredentials.exit_code
    assert "AWS_PROFILE" in run.err


# ── HashiCorp's auth method ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class AwsVault:
    """A server with the AWS auth method at auth/aws, and the AWS that it asks."""

    root: Vault
    env: Mapping[str, str] = field(repr=False)

    def allow(self, user: str, **client: str) -> tuple[str, str]:
        """Let a new IAM user log in with the role `ci`; gives the user's access key."""
        key = (self.env["AWS_ACCESS_KEY_ID"], self.env["AWS_SECRET_ACCESS_KEY"])
        session = boto3.session.Session(*key, region_name="us-east-1")
        config = AwsConfig(proxies={"https": self.env["HTTPS_PROXY"]})
        iam = session.client("iam", verify=self.env["AWS_CA_BUNDLE"], config=config)
        arn = iam.create_user(UserName=user)["User"]["Arn"]
        made = iam.create_access_key(UserName=user)["AccessKey"]
        self.root.write("auth/aws/config/client", {"iam_server_id_header_value": "", "sts_endpoint": "", **client})
        bound = {"bound_iam_principal_arn": [arn], "resolve_aws_unique_ids": False}
        fields = {"auth_type": "iam", "token_policies": ["vak-prod-pay"], "token_no_default_policy": True}
        self.root.write("auth/aws/role/ci", {**bound, **fields})
        return made["AccessKeyId"], made["SecretAccessKey"]


@pytest.fixture(scope="module")
def with_method(tmp_path_factory) -> Iterator[AwsVault]:
    try:
        server = replace(Embedded().parts(), plugins=aws_login.built())
    except StackError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no server with the AWS auth method: {error}")
    folder = tmp_path_factory.mktemp("aws") / "own"
    with (
        stacks.running(folder, server=server, with_terraform=False) as own,
        Vault(VaultSettings(address=own.vault_addr), own.vault_token, patience=20) as root,
    ):
        root.write("sys/auth/aws", {"type": aws_login.TYPE})
        yield AwsVault(root, own.env)


@pytest.fixture
def login(with_method, monkeypatch, tmp_path, capfd):
    """Runs `consumer login` with an access key; gives code, the token's policies and talk."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VAULT_ADDR", with_method.env["VAULT_ADDR"])

    def run(key: tuple[str, str], *argv: str) -> tuple[int, list[str], str]:
        for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), key, strict=True):
            monkeypatch.setenv(name, value)
        code = main(["login", "--method", "aws", "--role", "ci", *argv])
        kept = tmp_path / ".vault-token"
        found = with_method.root.write("auth/token/lookup", {"token": kept.read_text()}).data if kept.exists() else {}
        return code, found.get("policies", []), capfd.readouterr().err

    return run


def test_an_iam_user_logs_in(with_method, login, unique):
    code, policies, said = login(with_method.allow(unique))
    assert code == 0, said
    assert policies == ["vak-prod-pay"]


def test_an_iam_user_logs_in_where_vault_asks_a_regions_sts_and_wants_its_own_name(with_method, login, unique):
    key = with_method.allow(
        unique,
        iam_server_id_header_value="vault.example.com",
        sts_endpoint="https://sts.eu-west-1.amazonaws.com",
        sts_region="eu-west-1",
    )
    code, policies, said = login(key, "--server-id", "vault.example.com", "--sts-region", "eu-west-1")
    assert code == 0, said
    assert policies == ["vak-prod-pay"]


def test_another_servers_name_is_refused_in_vaults_words(with_method, login, unique):
    key = with_method.allow(unique, iam_server_id_header_value="vault.example.com")
    code, policies, said = login(key, "--server-id", "evil.example.com")
    assert (code, policies) == (LoginFailed.exit_code, [])
    assert 'expected "vault.example.com" but got "evil.example.com"' in said


def test_another_iam_user_is_refused(with_method, login, unique_name):
    other = with_method.allow(unique_name())
    with_method.allow(unique_name())
    code, policies, said = login(other)
    assert (code, policies) == (LoginFailed.exit_code, [])
    assert "AWS login at auth/aws with role 'ci'" in said
    assert 'does not belong to the role "ci"' in said


def test_a_command_logs_in_by_aws_where_the_method_is_named(with_method, login, unique, monkeypatch, capfd):
    key = with_method.allow(unique)
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", "aws:aws/ci")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key[1])
    main(["roles"])  # there is no catalog
    assert "Logged in to Vault with AWS credentials at auth/aws as ci" in capfd.readouterr().err


def test_where_vault_has_no_aws_login_its_words_are_told(consumer, user, unique):
    run = consumer("login", "--method", "aws", "--mount", f"aws-{unique}", "--role", "x")
    assert run.code == LoginFailed.exit_code
    assert f"AWS login at auth/aws-{unique} with role 'x'" in run.err
