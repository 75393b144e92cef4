"""`consumer console`: real credentials signed in by an endpoint that keeps AWS's documented rules, through a proxy."""

from __future__ import annotations

import contextlib
import json
import secrets
import ssl
import stat
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from devstack.aws.proxy import Authority
from vault_aws_kit.errors import USAGE, AwsRefused, AwsUnreachable, NoConsole, ParameterNotForRole


class SignIn:
    """AWS's sign-in endpoint behind an HTTPS proxy, which has a CA of its own and answers for nothing else.

    It takes credentials that STS takes, and no SessionDuration with a federation token's.
    """

    def __init__(self, folder: Path, aws) -> None:
        self.hosts: list[str] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.tokens: list[str] = []
        self.broken = b""
        self.ca = folder / "ca.crt"
        authority, endpoint, self._aws = Authority(folder), self, aws

        class Proxy(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self) -> None:
                host = self.path.partition(":")[0]
                endpoint.hosts.append(host)
                self.send_response(200)
                self.end_headers()
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(authority.certificate(host), authority.host_key)
                try:
                    self.connection = context.wrap_socket(self.connection, server_side=True)
                except OSError:  # whoever asked doesn't trust us
                    self.close_connection = True
                    return
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
                self.close_connection = False

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = endpoint.answer(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def finish(self) -> None:
                for end in (self.wfile, self.rfile, self.connection):
                    with contextlib.suppress(OSError):
                        end.close()

            def log_message(self, *args) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def answer(self, path: str, headers, body: str) -> tuple[int, bytes]:
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        self.requests.append((path, headers.get("Authorization", ""), fields))
        if self.broken:
            return 200, self.broken
        session = json.loads(fields["Session"])
        arn = self._aws.client(
            "sts", *(session[key] for key in ("sessionId", "sessionKey", "sessionToken"))
        ).get_caller_identity()["Arn"]
        assert fields["Action"] == "getSigninToken"
        if "SessionDuration" in fields and (
            ":assumed-role/" not in arn or not 900 <= int(fields["SessionDuration"]) <= 43200
        ):
            return 400, b"SessionDuration"
        self.tokens.append(secrets.token_urlsafe(30) + "=&")
        return 200, json.dumps({"SigninToken": self.tokens[-1]}).encode()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def signin(as_team, aws, tmp_path, monkeypatch):
    folder = tmp_path / "signin"
    folder.mkdir()
    endpoint = SignIn(folder, aws)
    monkeypatch.setenv("HTTPS_PROXY", endpoint.address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(endpoint.ca))
    yield endpoint
    endpoint.close()


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize("role", ["net", "fed"])
def test_the_url_signs_in_with_the_token_that_aws_gave_for_fresh_credentials(signin, consumer, role):
    run = consumer("console", "--role", role)
    assert run.code == 0, run.err
    assert run.out.startswith("https://signin.aws.amazon.com/federation?Action=login&")
    assert query(run.out.strip())["SigninToken"] == signin.tokens[-1]
    assert query(run.out.strip())["Destination"] == "https://console.aws.amazon.com/console/home?region=eu-west-1"
    assert signin.hosts == ["signin.aws.amazon.com"]
    assert "works for 15m" in run.err


def test_credentials_go_in_the_body_and_nothing_of_netrc_goes_along(signin, consumer, consumer_home):
    (consumer_home / ".netrc").write_text("default login me password mine\n")
    (consumer_home / ".netrc").chmod(0o600)
    consumer("console", "--role", "net")
    [(path, authorization, fields)] = signin.requests
    assert (path, authorization) == ("/federation", "")
    assert set(fields) == {"Action", "Session"}


def test_a_session_duration_reaches_aws(signin, consumer):
    run = consumer("console", "--role", "net", "--session-duration", "8h")
    assert signin.requests[0][2]["SessionDuration"] == "28800"
    assert "signed in for 8h" in run.err


def test_the_page_to_land_on_can_be_chosen(signin, consumer):
    run = consumer("console", "--role", "net", "--service", "ec2", "--region", "eu-central-1")
    assert query(run.out)["Destination"] == "https://console.aws.amazon.com/ec2/home?region=eu-central-1"
    run = consumer("console", "--role", "net", "--destination", "/s3/buckets?x=1&y=2")
    assert query(run.out.strip())["Destination"] == "https://console.aws.amazon.com/s3/buckets?x=1&y=2"


@pytest.mark.parametrize(("region", "host"), [
    ("cn-north-1", "signin.amazonaws.cn"), ("us-gov-west-1", "signin.amazonaws-us-gov.com"),
])  # fmt: skip
def test_other_partitions_have_their_own_endpoint(signin, consumer, region, host):
    run = consumer("console", "--role", "fed", "--region", region)
    assert run.out.startswith(f"https://{host}/federation?")
    assert signin.hosts == [host]


def test_the_secrets_are_in_no_message(signin, consumer, caplog):
    caplog.set_level("DEBUG")
    run = consumer("console", "--role", "net")
    sent = json.loads(signin.requests[0][2]["Session"])
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("boto")]  # the test's own
    assert any("/federation" in message for message in logged)
    for secret in (sent["sessionKey"], sent["sessionToken"], signin.tokens[-1]):
        assert secret not in run.err + "".join(logged)


# ── refused ─────────────────────────────────────────────────────────────────────────────────────


def test_an_iam_users_role_is_refused_before_a_key_is_made(signin, consumer, vault, roles):
    run = consumer("console", "--role", "app")
    assert (run.code, run.out) == (NoConsole.exit_code, "")
    assert vault.list(f"sys/leases/lookup/{roles['app'].mount}/creds/app") is None


def test_a_duration_with_a_federation_token_is_refused_before_anything_is_sent(signin, consumer):
    assert consumer("console", "--role", "fed", "--session-duration", "1h").code == ParameterNotForRole.exit_code
    assert signin.requests == []


@pytest.mark.parametrize("wrong", [
    ("--service", "ec2", "--destination", "/x"), ("--destination", "https://evil.example/"), ("--service", "../x"),
])  # fmt: skip
def test_a_page_that_is_none_is_a_wrong_command_line(signin, consumer, wrong):
    assert consumer("console", "--role", "net", *wrong).code == USAGE


def test_what_aws_refuses_is_said_with_what_may_be_wrong(signin, consumer, monkeypatch):
    monkeypatch.setattr(signin, "answer", lambda *_: (400, b"secret words"))
    run = consumer("console", "--role", "net", "--session-duration", "2h")
    assert run.code == AwsRefused.exit_code
    assert "HTTP 400" in run.err
    assert "1h is the longest" in run.err
    assert "IAM user" in consumer("console", "--role", "net").err
    monkeypatch.setattr(signin, "answer", lambda *_: (503, b""))
    assert "Try again later" in consumer("console", "--role", "net").err


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"{}"])
def test_somebody_else_who_answers_is_told_apart(signin, consumer, answer):
    signin.broken = answer
    run = consumer("console", "--role", "net")
    assert run.code == AwsUnreachable.exit_code
    assert "HTTPS_PROXY" in run.err


def test_a_ca_that_is_not_trusted_is_said_so(signin, consumer, monkeypatch):
    monkeypatch.delenv("AWS_CA_BUNDLE")
    run = consumer("console", "--role", "net")
    assert run.code == AwsUnreachable.exit_code
    assert "AWS_CA_BUNDLE" in run.err
    assert signin.requests == []


def test_a_proxy_that_is_not_there_is_said_so(signin, consumer, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    run = consumer("console", "--role", "net")
    assert run.code == AwsUnreachable.exit_code
    assert "doesn't answer" in run.err


# ── in a browser ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def browser(tmp_path, monkeypatch):
    """A browser that keeps its command line, the page that it was given and that page's mode."""
    seen = tmp_path / "seen"
    seen.mkdir()
    program = tmp_path / "browser"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$@" > {seen}/argv\n'
        f'file="${{1#file://}}"; cp "$file" {seen}/page; stat -c %a "$file" > {seen}/mode\n'
    )
    program.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    monkeypatch.setattr("consumer.browser.READ_WITHIN", 0)
    return seen


def test_a_browser_is_led_to_the_url_without_it_on_a_command_line(signin, consumer, browser):
    run = consumer("console", "--role", "net", "--open")
    assert (run.code, run.out) == (0, "")
    page, argv = (browser / "page").read_text(), (browser / "argv").read_text()
    assert f"SigninToken={signin.tokens[-1].replace('=', '%3D').replace('&', '%26')}" in page
    assert "&amp;SigninToken=" in page
    assert signin.tokens[-1][:20] not in argv
    assert (browser / "mode").read_text() == "600\n"
    assert not Path(urlsplit(argv.strip()).path).exists()


def test_where_there_is_no_browser_the_url_is_printed(signin, consumer, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    run = consumer("console", "--role", "net", "--open")
    assert run.out.startswith("https://signin.aws.amazon.com/federation?")
    assert "no browser" in run.err


def test_the_page_lies_in_a_folder_that_nobody_else_may_enter(signin, consumer, monkeypatch):
    modes = []
    monkeypatch.setattr("consumer.browser.READ_WITHIN", 0)
    monkeypatch.setattr(
        "webbrowser.open",
        lambda url: modes.append(stat.S_IMODE(Path(urlsplit(url).path).parent.stat().st_mode)) or True,
    )
    consumer("console", "--role", "net", "--open")
    assert modes == [0o700]
