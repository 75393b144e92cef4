"""Root credentials: where they come from, when they are written, and what AWS says of them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from vault_aws_kit import errors


def root_of(vault, unique):
    return vault.read(f"aws-{unique}/config/root")["data"]


def test_the_key_in_the_environment_is_given_to_an_engine_that_has_none(producer, vault, unique, stack):
    producer("setup", "--yes")
    assert root_of(vault, unique)["access_key"] == stack.env["AWS_ACCESS_KEY_ID"]
    assert root_of(vault, unique)["region"] == "eu-west-1"


def test_a_key_that_was_rotated_since_is_kept(producer, vault, unique):
    producer("setup", "--yes")
    vault.write_data(
        f"aws-{unique}/config/root", data={"access_key": "AKIAROTATED", "secret_key": "x", "region": "eu-west-1"}
    )
    assert producer("plan", "--detailed-exitcode").code == 0
    producer("setup", "--yes")
    assert root_of(vault, unique)["access_key"] == "AKIAROTATED"
    assert "AKIAROTATED (rotated since it was written)" in producer("status").out


def test_another_region_is_written_while_the_key_is_known(producer, vault, unique, content):
    producer("setup", "--yes")
    key = root_of(vault, unique)["access_key"]
    content["engines"][0]["region"] = "eu-central-1"
    assert producer("setup", "--yes").code == 0
    assert (root_of(vault, unique)["region"], root_of(vault, unique)["access_key"]) == ("eu-central-1", key)


def rotated(vault, unique, **more):
    """The key in Vault is one that nobody here knows."""
    key = {"access_key": "AKIAROTATED", "secret_key": "x", "region": "eu-west-1"}
    vault.write_data(f"aws-{unique}/config/root", data={**key, **more})


def test_a_change_leaves_a_key_that_is_not_known_alone_where_the_engine_merges(
    producer, vault, unique, content, monkeypatch
):
    producer("setup", "--yes")
    rotated(vault, unique, username_template='{{ printf "by-hand-%s" (random 9) }}', max_retries=4)
    content["engines"][0]["region"] = "eu-central-1"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    done = producer("setup", "--yes")
    assert done.code == 0, done.err
    now = root_of(vault, unique)
    assert (now["access_key"], now["region"], now["max_retries"]) == ("AKIAROTATED", "eu-central-1", 4)
    assert "by-hand" in now["username_template"]


def test_a_change_under_keep_leaves_the_key_alone_too(producer, vault, unique, content):
    producer("setup", "--yes")
    content["engines"][0]["root"] = {"credentials": "keep"}
    rotated(vault, unique)
    content["engines"][0]["config"] = {"max_retries": 7}
    assert producer("setup", "--yes").code == 0
    now = root_of(vault, unique)
    assert (now["access_key"], now["max_retries"]) == ("AKIAROTATED", 7)


@pytest.mark.parametrize("credentials", ["environment", "keep"])
def test_a_change_is_refused_while_the_key_is_not_known_where_the_engine_replaces_all(
    producer, vault, unique, content, old_engine, credentials
):
    producer("setup", "--yes")
    rotated(vault, unique)
    content["engines"][0] |= {"region": "eu-central-1", "root": {"credentials": credentials}}
    refused = producer("setup", "--yes")
    assert refused.code == errors.RootKeyUnknown.exit_code
    assert "AKIAROTATED" in refused.err
    assert "`producer bootstrap`" in refused.err
    now = root_of(vault, unique)
    assert (now["access_key"], now["region"]) == ("AKIAROTATED", "eu-west-1")


def test_where_the_engine_replaces_all_a_known_key_and_what_the_spec_does_not_name_are_written_again(
    producer, vault, unique, content, old_engine, stack
):
    producer("setup", "--yes")
    key = {"access_key": stack.env["AWS_ACCESS_KEY_ID"], "secret_key": stack.env["AWS_SECRET_ACCESS_KEY"]}
    vault.write_data(f"aws-{unique}/config/root", data={**key, "region": "eu-west-1", "max_retries": 4})
    content["engines"][0]["region"] = "eu-central-1"
    assert producer("setup", "--yes").code == 0
    now = root_of(vault, unique)
    assert (now["access_key"], now["region"], now["max_retries"]) == (key["access_key"], "eu-central-1", 4)
    assert vault.read(f"aws-{unique}/creds/app")["data"]["access_key"]


def test_keep_leaves_the_key_alone(producer, vault, unique, content, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    content["engines"][0]["root"] = {"credentials": "keep"}
    assert producer("setup", "--yes").code == 0
    assert root_of(vault, unique)["access_key"] == ""


def test_a_profile_gives_the_key(producer, vault, unique, content, monkeypatch, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[vault]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = abc\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    content["engines"][0]["root"] = {"credentials": "profile:vault"}
    assert producer("setup", "--yes").code == 0
    assert root_of(vault, unique)["access_key"] == "AKIAPROFILE"


def test_a_profile_that_is_not_there_is_named(producer, content):
    content["engines"][0]["root"] = {"credentials": "profile:nobody"}
    refused = producer("setup", "--yes")
    assert refused.code == errors.NoAwsCredentials.exit_code
    assert "'nobody'" in refused.err


def nothing_was_made(vault, unique):
    return f"aws-{unique}/" not in vault.sys.list_mounted_secrets_engines()["data"]


def test_no_credentials_at_all_is_said_before_anything_is_changed(producer, vault, unique, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    refused = producer("setup", "--yes")
    assert refused.code == errors.NoAwsCredentials.exit_code
    assert "AWS_ACCESS_KEY_ID" in refused.err
    assert nothing_was_made(vault, unique)


def test_half_a_key_is_told_as_such(producer, monkeypatch):
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    refused = producer("setup", "--yes")
    assert refused.code == errors.NoAwsCredentials.exit_code
    assert "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in refused.err


@pytest.mark.parametrize(
    "environment",
    [{"AWS_SESSION_TOKEN": "x"}, {"AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE"}],
    ids=["session token", "ASIA key"],
)
def test_temporary_credentials_are_refused_with_the_ways_out(producer, vault, unique, monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    refused = producer("setup", "--yes")
    assert refused.code == errors.TemporaryAwsCredentials.exit_code
    assert "IAM user" in refused.err
    assert nothing_was_made(vault, unique)


@pytest.fixture
def refusing_sts():
    """AWS's STS as it answers a key that it doesn't know."""

    class Refuse(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(403)
            self.send_header("Content-Type", "text/xml")
            self.end_headers()
            self.wfile.write(
                b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code>"
                b"<Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>"
            )

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Refuse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_credentials_that_aws_refuses_are_never_given_to_vault(producer, vault, unique, monkeypatch, refusing_sts):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", refusing_sts)
    refused = producer("setup", "--yes")
    assert refused.code == errors.AwsRefused.exit_code
    assert "InvalidClientTokenId" in refused.err
    assert nothing_was_made(vault, unique)


def test_an_aws_that_does_not_answer_is_told_apart_from_one_that_refuses(producer, vault, unique, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    refused = producer("setup", "--yes")
    assert refused.code == errors.AwsUnreachable.exit_code
    assert nothing_was_made(vault, unique)
