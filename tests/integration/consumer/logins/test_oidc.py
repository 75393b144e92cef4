"""A person's login through a browser: a plain HTTP client plays it, and a provider of the test's own knows Ann."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from vault_aws_kit.auth.oidc import Oidc
from vault_aws_kit.errors import LoginFailed
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault

CONSUMER = [sys.executable, "-c", "import sys; from consumer.cli import main; sys.exit(main())"]


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def nobody(stack):
    """A connection without a token."""
    with Vault(VaultSettings(address=stack.vault_addr), "") as connection:
        yield connection


@pytest.fixture
def browser(provider):
    """Opens a URL as a browser does, redirects and all; gives what it shows, once it has come to its end."""
    shown: list[requests.Response] = []
    threads: list[threading.Thread] = []

    def look(url: str) -> None:
        shown.append(requests.get(url, timeout=20))

    def show(url: str) -> None:
        threads.append(threading.Thread(target=look, args=(url,)))
        threads[-1].start()

    show.pages = lambda: [thread.join() for thread in threads] and shown
    yield show
    show.pages()


def test_a_browser_logs_in_and_is_sent_back_to_the_terminal(oidc, nobody, browser, port):
    login = Oidc(browser, oidc.role, oidc.mount, port).login(nobody)
    assert login.policies == (oidc.role,)
    (page,) = browser.pages()
    assert page.status_code == 200
    assert "Go back to the terminal" in page.text


def test_the_url_is_worth_nothing_to_who_reads_it(oidc, nobody, browser, port, stack):
    """The code that a thief of the URL gets is refused by Vault without the client's nonce."""
    refused: list[int] = []

    def thief(url: str) -> None:
        answer = requests.get(url, timeout=20, allow_redirects=False)
        query = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
        place = f"{stack.vault_addr}/v1/auth/{oidc.mount}/oidc/callback"
        refused.append(requests.get(place, params=query, timeout=20).status_code)

    with pytest.raises(LoginFailed):
        Oidc(thief, oidc.role, oidc.mount, port, wait=0.5).login(nobody)
    assert refused == [400]


def test_a_callback_of_another_login_is_turned_away_and_ends_nothing(oidc, nobody, browser, port):
    statuses: list[int] = []

    def show(url: str) -> None:
        ours = f"http://127.0.0.1:{port}/oidc/callback"
        queries = ("", "?state=forged&code=forged", "?code=forged")
        statuses.extend(requests.get(f"{ours}{query}", timeout=20).status_code for query in queries)
        browser(url)

    assert Oidc(show, oidc.role, oidc.mount, port).login(nobody).policies == (oidc.role,)
    assert statuses == [404, 404, 404]


def test_a_browser_that_only_connects_does_not_hold_the_login_up(oidc, nobody, browser, port):
    def show(url: str) -> None:
        idle.append(socket.create_connection(("127.0.0.1", port)))
        browser(url)

    idle: list[socket.socket] = []
    assert Oidc(show, oidc.role, oidc.mount, port).login(nobody).policies == (oidc.role,)
    idle[0].close()


def test_the_wait_for_a_browser_ends(oidc, nobody, port):
    with pytest.raises(LoginFailed, match="Nobody came back"):
        Oidc(lambda _: None, oidc.role, oidc.mount, port, wait=0.2).login(nobody)


def test_the_providers_refusal_is_told_in_its_words(oidc, nobody, browser, port, provider):
    provider.refuses = "Ann is on leave\r\n::add-path::/evil"
    with pytest.raises(LoginFailed, match="access_denied: Ann is on leave ::add-path") as failed:
        Oidc(browser, oidc.role, oidc.mount, port).login(nobody)
    assert "\n" not in failed.value.message


def test_vaults_refusal_is_told_in_its_words(oidc, nobody, browser, port):
    oidc.tune(bound_claims={"groups": ["admins"]})
    with pytest.raises(LoginFailed, match="error validating claims"):
        Oidc(browser, oidc.role, oidc.mount, port).login(nobody)


def test_a_role_that_vault_begins_no_login_with_is_explained(oidc, nobody, port):
    oidc.tune(allowed_redirect_uris=["https://elsewhere.example.com"])
    with pytest.raises(LoginFailed, match=f"begins no OIDC login at auth/{oidc.mount}") as failed:
        Oidc(lambda _: None, oidc.role, oidc.mount, port, wait=0.2).login(nobody)
    assert f"http://localhost:{port}/oidc/callback" in failed.value.hint


def test_a_role_that_is_not_there_is_told_in_vaults_words(oidc, nobody, port):
    with pytest.raises(LoginFailed, match="could not be found"):
        Oidc(lambda _: None, "nobodys", oidc.mount, port, wait=0.2).login(nobody)


def test_a_port_that_is_taken_is_said(oidc, nobody, port):
    with socket.create_server(("127.0.0.1", port)), pytest.raises(LoginFailed, match=f"Port {port}") as failed:
        Oidc(lambda _: None, oidc.role, oidc.mount, port).login(nobody)
    assert "--callback-port" in failed.value.hint


def test_the_listener_is_on_loopback_alone(oidc, nobody, port):
    bound: list[str] = []

    def show(_: str) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            bound.append(connection.getpeername()[0])
        with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
            socket.create_connection((_own_address(), port), timeout=1)

    with pytest.raises(LoginFailed):
        Oidc(show, oidc.role, oidc.mount, port, wait=0.1).login(nobody)
    assert bound == ["127.0.0.1"]


def _own_address() -> str:
    """An address of this machine that is not 127.0.0.1."""
    return "127.0.0.2" if sys.platform == "linux" else socket.gethostbyname(socket.gethostname())


def test_consumer_login_opens_the_browser_and_keeps_the_token(oidc, consumer_home, admin, port, tmp_path):
    """The whole command, with a program as the browser that talks and stays: neither holds up who reads the output."""
    program = tmp_path / "browser"
    program.write_text(
        f"#!{sys.executable}\nimport sys, urllib.request\nurllib.request.urlopen(sys.argv[1], timeout=20).read()\n"
        "print('Opening in existing browser session.')\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    env = {**os.environ, "DISPLAY": ":99", "BROWSER": str(program)}
    argv = ["login", "--method", "oidc", "--mount", oidc.mount, "--role", oidc.role, "--callback-port", str(port)]
    done = subprocess.run(
        [*CONSUMER, *argv, "--print-token"], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    with admin.as_token(token) as ann:
        assert ann.read("auth/token/lookup-self")["policies"] == [oidc.role]
    assert "/authorize?" in done.stderr
    assert token not in done.stderr
