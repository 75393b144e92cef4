"""The way to Vault through what stands between: standbys that send on to their leader, proxies, client certificates."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from vault_aws_kit.errors import SettingsInvalid, VaultRefused, VaultUnreachable
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault

Reply = tuple[int, dict[str, str], bytes]


@contextmanager
def serving(reply: Callable[[BaseHTTPRequestHandler, bytes], Reply]) -> Iterator[str]:
    """A server on a port of its own that answers every method with `reply`; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = reply(self, body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_LIST = answer  # noqa: N815 - the standard library's names

        def log_message(self, *args) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    with ExitStack() as servers:
        yield lambda reply: servers.enter_context(serving(reply))


def sends_to(target: str) -> Callable[[BaseHTTPRequestHandler, bytes], Reply]:
    """What a standby answers: the same request, please, to that address."""
    return lambda handler, _: (307, {"Location": target + handler.path}, b"")


@pytest.fixture
def at(stack) -> Iterator[Callable[..., Vault]]:
    """Makes a connection to an address as the server's root."""
    with ExitStack() as connections:
        yield lambda address: connections.enter_context(Vault(VaultSettings(address=address), stack.vault_token))


# ── standbys ────────────────────────────────────────────────────────────────────────────────────


def test_a_standbys_redirect_is_followed_with_the_body_and_the_token(serve, at, stack, admin, unique):
    standby = at(serve(sends_to(stack.vault_addr)))
    standby.write(f"sys/policies/acl/{unique}", {"policy": f'path "{unique}" {{ capabilities = ["read"] }}'})
    assert unique in admin.read(f"sys/policies/acl/{unique}")["policy"]
    assert unique in standby.names("sys/policies/acl")
    standby.delete(f"sys/policies/acl/{unique}")
    assert admin.read(f"sys/policies/acl/{unique}") is None


def test_what_a_standby_sends_on_may_hold_any_character(serve, at, stack):
    standby = at(serve(sends_to(stack.vault_addr)))
    assert standby.read("sys/policies/acl/no such ä@:~ policy") is None


def test_a_second_redirect_is_no_success(serve, at):
    to_itself = serve(lambda handler, _: (307, {"Location": handler.path}, b""))
    with pytest.raises(VaultRefused, match="Temporary Redirect"):
        at(to_itself).read("sys/mounts")


def test_a_redirect_to_another_path_is_not_followed(serve, at):
    seen: list[str] = []

    def catch(handler: BaseHTTPRequestHandler, _: bytes) -> Reply:
        seen.append(handler.headers["X-Vault-Token"])
        return 200, {}, b"{}"

    elsewhere = serve(catch)
    web = serve(lambda *_: (302, {"Location": f"{elsewhere}/login?next=secret"}, b""))
    with pytest.raises(SettingsInvalid) as told:
        at(web).read("sys/mounts")
    assert f"sends to {elsewhere}/login, which no standby of Vault does" in told.value.message
    assert seen == []


def test_a_redirect_out_of_tls_is_not_followed(serve, door, tmp_path, stack):
    (tmp_path / "standby").mkdir()
    before = type(door)(tmp_path / "standby", serve(sends_to(stack.vault_addr)))
    settings = VaultSettings(address=before.address, ca_cert=str(before.ca), tls_server_name=before.name)
    with Vault(settings, stack.vault_token) as vault, pytest.raises(SettingsInvalid, match="not TLS"):
        vault.read("sys/mounts")
    before.close()


# ── proxies ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def proxy(serve, stack) -> tuple[str, list[str]]:
    """A forward proxy that every address leads to Vault through, and what it was asked for."""
    asked: list[str] = []

    def forward(handler: BaseHTTPRequestHandler, body: bytes) -> Reply:
        asked.append(f"{handler.path} {handler.headers.get('Proxy-Authorization')}")
        path = handler.path.partition("/v1/")[2]
        headers = {"X-Vault-Token": handler.headers["X-Vault-Token"]}
        with requests.Session() as session:
            session.trust_env = False  # or the proxy would go through itself
            found = session.request(handler.command, f"{stack.vault_addr}/v1/{path}", headers=headers, data=body)
        return found.status_code, {}, found.content

    return serve(forward), asked


def test_a_proxy_of_the_environment_is_used(proxy, at, monkeypatch):
    address, asked = proxy
    monkeypatch.setenv("HTTP_PROXY", address.replace("http://", "http://user:p%40ss@"))
    monkeypatch.setenv("NO_PROXY", "other.example.com")
    assert "sys/" in at("http://vault.example.com:8200").read("sys/mounts")
    assert asked == ["http://vault.example.com:8200/v1/sys/mounts Basic dXNlcjpwQHNz"]


@pytest.mark.parametrize("named", ["127.0.0.1", "localhost,127.0.0.0/8", "*"])
def test_what_no_proxy_names_is_reached_without_one(proxy, at, stack, monkeypatch, named):
    monkeypatch.setenv("HTTP_PROXY", proxy[0])
    monkeypatch.setenv("NO_PROXY", named)
    assert at(stack.vault_addr).read("sys/mounts")
    assert proxy[1] == []


def test_a_proxy_that_can_be_none_is_told_as_such(at, stack, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "socks5://user:secret@127.0.0.1:1")
    with pytest.raises(SettingsInvalid, match="HTTPS_PROXY") as told:
        at(stack.vault_addr).read("sys/mounts")
    assert "secret" not in told.value.message


def test_a_proxy_that_is_not_there_makes_vault_unreachable(at, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(VaultUnreachable):
        at("http://vault.example.com:8200").read("sys/mounts")


# ── headers ─────────────────────────────────────────────────────────────────────────────────────


def test_every_request_says_that_it_is_one_and_where_it_belongs(serve):
    seen: list[dict[str, str]] = []
    address = serve(lambda handler, _: seen.append(dict(handler.headers)) or (200, {}, b"{}"))
    with Vault(VaultSettings(address=address, namespace="team/a"), "the-token") as vault:
        vault.read("a")
        vault.write("a", {"x": 1}, wrap_ttl="60s")
    assert seen[0]["X-Vault-Request"] == "true"
    assert (seen[0]["X-Vault-Token"], seen[0]["X-Vault-Namespace"]) == ("the-token", "team/a")
    assert "X-Vault-Wrap-TTL" not in seen[0]
    assert seen[1]["X-Vault-Wrap-TTL"] == "60s"


@pytest.mark.parametrize(("token", "namespace"), [("two\nlines", ""), ("t", "two\r\nlines"), ("t", "名")])
def test_what_no_header_can_carry_is_a_setting_that_is_wrong(serve, token, namespace):
    address = serve(lambda *_: (200, {}, b"{}"))
    with Vault(VaultSettings(address=address, namespace=namespace), token) as vault, pytest.raises(SettingsInvalid):
        vault.read("a")


def test_connections_are_kept_from_one_request_to_the_next(serve):
    ports: set[int] = set()

    def reply(handler: BaseHTTPRequestHandler, _: bytes) -> Reply:
        handler.protocol_version = "HTTP/1.1"
        handler.close_connection = False
        ports.add(handler.client_address[1])
        return 200, {}, b"{}"

    with Vault(VaultSettings(address=serve(reply)), "t") as vault:
        for _ in range(5):
            vault.read("a")
    assert len(ports) == 1
