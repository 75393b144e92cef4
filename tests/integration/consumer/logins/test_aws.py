"""The AWS login: a signed request that AWS itself takes, in the shape that Vault's documentation asks for.

The server of the tests has no `aws` auth method, so that what Vault would do is done here: decode the fields, and send
the request on to STS.
"""

from __future__ import annotations

import base64
import json
import re

import pytest
import requests

from vault_aws_kit.auth.aws import SERVER_ID, signed_request
from vault_aws_kit.errors import LoginFailed, NoAwsCredentials


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


def test_where_vault_has_no_aws_login_its_words_are_told(consumer, user, unique):
    run = consumer("login", "--method", "aws", "--mount", f"aws-{unique}", "--role", "x")
    assert run.code == LoginFailed.exit_code
    assert f"AWS login at auth/aws-{unique} with role 'x'" in run.err
