"""The way to Vault: each thing that can go wrong on it, on a real server, is an error of its own that says what to do."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from vault_aws_kit import vault as transport
from vault_aws_kit.errors import (
    NotAllowed,
    SettingsInvalid,
    TlsNotTrusted,
    TokenRefused,
    VaultRefused,
    VaultSealed,
    VaultUnreachable,
)
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Request, Vault


@pytest.fixture
def kv(admin, unique) -> str:
    """A KV v2 mount with one value."""
    admin.write(f"sys/mounts/{unique}", {"type": "kv", "options": {"version": "2"}})
    admin.write(f"{unique}/data/a", {"data": {"x": "1"}})
    yield unique
    admin.delete(f"sys/mounts/{unique}")


@pytest.fixture
def limited(admin, kv):
    """Makes a connection whose token has one policy, and not `default`."""
    with contextlib.ExitStack() as connections:

        def make(policy: str) -> Vault:
            admin.write(f"sys/policies/acl/{kv}", {"policy": policy})
            token = admin.write("auth/token/create", {"policies": [kv], "no_default_policy": True}).auth["client_token"]
            return connections.enter_context(admin.as_token(token))

        yield make
    admin.delete(f"sys/policies/acl/{kv}")


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """The path of every request."""
    paths: list[str] = []
    send = Vault._send

    def spy(self, request, *rest):
        paths.append(request.path)
        return send(self, request, *rest)

    monkeypatch.setattr(transport.Vault, "_send", spy)
    return paths


# ── the server ──────────────────────────────────────────────────────────────────────────────────


def test_a_server_that_is_not_there_is_unreachable(stack):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        Vault(VaultSettings(address=f"http://127.0.0.1:{port}"), "t") as nobody,
        pytest.raises(VaultUnreachable) as told,
    ):
        nobody.read("sys/health")
    assert "connection refused" in told.value.message
    assert "VAULT_ADDR" in told.value.hint


def test_who_never_said_where_vault_is_is_told_so():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    assert VaultSettings.from_environment({}).assumed
    with Vault(VaultSettings(address=address, assumed=True), "t") as nobody, pytest.raises(VaultUnreachable) as told:
        nobody.read("sys/health")
    assert "VAULT_ADDR is not set" in told.value.hint


class _Web(BaseHTTPRequestHandler):
    """A server that answers everything, and is no Vault."""

    body = b"<html>Welcome</html>"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET  # noqa: N815 - the standard library's name

    def log_message(self, *args: object) -> None:
        pass


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"[]", b'"ok"'])
def test_a_server_that_is_no_vault_is_told_as_such(body):
    web = ThreadingHTTPServer(("127.0.0.1", 0), type("Web", (_Web,), {"body": body}))
    threading.Thread(target=web.serve_forever, daemon=True).start()
    with Vault(VaultSettings(address=f"http://127.0.0.1:{web.server_port}"), "t") as other:
        for ask in (lambda: other.read("sys/mounts"), other.server_time, other.version, lambda: other.help("aws/x")):
            with pytest.raises(SettingsInvalid, match="no Vault"):
                ask()
    web.shutdown()
    web.server_close()


@pytest.mark.parametrize("wrong", [{"namespace": "no-such"}, {"path": "/ui"}])
@pytest.mark.parametrize("path", ["sys/mounts", "sys/capabilities-self"])
def test_an_address_or_a_namespace_that_leads_nowhere_is_not_an_empty_vault(stack, wrong, path):
    settings = VaultSettings(address=stack.vault_addr + wrong.get("path", ""), namespace=wrong.get("namespace", ""))
    with Vault(settings, stack.vault_token) as lost, pytest.raises((SettingsInvalid, TokenRefused)) as told:
        lost.write(path, {"paths": ["x"]}) if path.endswith("self") else lost.read(path)
    assert isinstance(told.value, TokenRefused) or "VAULT_ADDR" in told.value.hint


def test_a_name_that_nobody_has_is_unreachable():
    settings = VaultSettings(address="http://no-such-host.invalid:8200")
    with Vault(settings, "t") as nobody, pytest.raises(VaultUnreachable, match="the name"):
        nobody.read("sys/health")


def test_a_server_that_does_not_answer_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = VaultSettings(address=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=1)
        with Vault(settings, "t") as slow, pytest.raises(VaultUnreachable, match="no answer in time"):
            slow.read("sys/health")


def test_a_sealed_server_is_told_as_such(sealed):
    with pytest.raises(VaultSealed, match="is sealed"):
        look_up(VaultSettings(address=sealed.vault_addr), sealed.vault_token)


# ── TLS ─────────────────────────────────────────────────────────────────────────────────────────


def look_up(settings: VaultSettings, token: str) -> list[str]:
    with Vault(settings, token) as vault:
        return vault.read("auth/token/lookup-self")["policies"]


def test_a_certificate_of_an_unknown_ca_is_not_trusted(door, stack):
    with pytest.raises(TlsNotTrusted) as told:
        look_up(VaultSettings(address=door.address), stack.vault_token)
    assert "VAULT_CACERT" in told.value.hint


def test_a_certificate_for_another_name_is_not_trusted(door, stack):
    with pytest.raises(TlsNotTrusted) as told:
        look_up(VaultSettings(address=door.address, ca_cert=str(door.ca)), stack.vault_token)
    assert "VAULT_TLS_SERVER_NAME" in told.value.hint


def test_vault_cacert_and_vault_tls_server_name_make_it_trusted(door, stack):
    env = {"VAULT_ADDR": door.address, "VAULT_CACERT": str(door.ca), "VAULT_TLS_SERVER_NAME": door.name}
    assert look_up(VaultSettings.from_environment(env), stack.vault_token) == ["root"]


def test_where_no_ca_is_named_the_systems_are_trusted(door, stack, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(door.ca))  # OpenSSL's name for the system's own
    settings = VaultSettings(address=door.address, tls_server_name=door.name)
    assert look_up(settings, stack.vault_token) == ["root"]


def test_vault_skip_verify_trusts_everything(door, stack):
    env = {"VAULT_ADDR": door.address, "VAULT_SKIP_VERIFY": "true"}
    assert look_up(VaultSettings.from_environment(env), stack.vault_token) == ["root"]


def test_a_wrong_ca_in_openssls_own_variable_does_not_replace_vault_cacert(door, stack, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    settings = VaultSettings(address=door.address, ca_cert=str(door.ca), tls_server_name=door.name)
    assert look_up(settings, stack.vault_token) == ["root"]


def test_https_to_a_server_without_tls_says_to_write_http(stack):
    settings = VaultSettings(address=stack.vault_addr.replace("http://", "https://"))
    with pytest.raises(SettingsInvalid) as told:
        look_up(settings, "t")
    assert "http://" in told.value.hint


# ── the token ───────────────────────────────────────────────────────────────────────────────────


def test_a_token_that_vault_does_not_know_is_refused(admin, kv):
    with admin.as_token("hvs.unknown") as nobody, pytest.raises(TokenRefused) as told:
        nobody.read(f"{kv}/data/a")
    assert "consumer login" in told.value.hint


def test_a_revoked_token_is_refused(admin, kv, limited):
    one = limited(f'path "{kv}/data/a" {{ capabilities = ["read"] }}')
    assert one.read(f"{kv}/data/a")
    admin.write("auth/token/revoke", {"token": one.token})
    with pytest.raises(TokenRefused):
        one.read(f"{kv}/data/a")


def test_no_token_at_all_is_refused(admin, kv):
    with admin.as_token("") as nobody, pytest.raises(TokenRefused):
        nobody.read(f"{kv}/data/a")


def test_a_missing_capability_is_named_with_its_path(kv, limited):
    reader = limited(
        f'path "{kv}/data/a" {{ capabilities = ["read"] }}\n'
        'path "sys/capabilities-self" { capabilities = ["update"] }'
    )
    with pytest.raises(NotAllowed) as told:
        reader.write(f"{kv}/data/a", {"data": {}})
    assert told.value.message == f"The token lacks `update` on {kv}/data/a: it has read."


def test_a_path_that_no_policy_names_is_told_as_such(kv, limited):
    reader = limited('path "sys/capabilities-self" { capabilities = ["update"] }')
    with pytest.raises(NotAllowed, match="no policy of it allows anything there"):
        reader.read(f"{kv}/data/a")


def test_a_token_that_may_not_ask_what_it_may_is_still_not_called_refused(kv, limited):
    one = limited('path "other" { capabilities = ["read"] }')
    with pytest.raises(NotAllowed):
        one.read(f"{kv}/data/a")
    with pytest.raises(NotAllowed):
        one.read("auth/token/lookup-self")


def test_a_refusal_by_policy_needs_no_look_at_the_token(kv, limited, sent):
    one = limited('path "other" { capabilities = ["read"] }')
    with pytest.raises(NotAllowed):
        one.read(f"{kv}/data/a")
    assert "auth/token/lookup-self" not in sent


def test_a_listing_needs_list(kv, limited):
    one = limited(f'path "{kv}/data/a" {{ capabilities = ["read"] }}')
    with pytest.raises(NotAllowed, match="`list`"):
        one.names(f"{kv}/metadata")


# ── answers ─────────────────────────────────────────────────────────────────────────────────────


def test_nothing_there_is_none_and_no_error(admin, kv):
    assert admin.read(f"{kv}/data/nothing") is None
    assert admin.names(f"{kv}/metadata/nothing") == []
    admin.delete(f"{kv}/metadata/nothing")


def test_what_vault_rejects_is_told_in_its_words(admin, kv):
    with pytest.raises(VaultRefused) as told:
        admin.write(f"{kv}/data/a", {"data": {"x": "2"}, "options": {"cas": 7}})
    assert "check-and-set" in told.value.said


def test_many_reads_come_back_by_path(admin, kv):
    paths = [f"{kv}/data/a", f"{kv}/data/b", f"{kv}/data/a"]
    found = admin.read_many(paths)
    assert list(found) == paths[:2]
    assert found[paths[0]]["data"] == {"x": "1"}
    assert found[paths[1]] is None


def test_each_outcome_stands_for_itself(admin, kv):
    good, bad = Request("read", f"{kv}/data/a"), Request("update", f"{kv}/data/a", {"data": {}, "options": {"cas": 9}})
    outcomes = admin.ask_many([good, bad, good])
    assert [type(outcome).__name__ for outcome in outcomes] == ["Answer", "VaultRefused", "Answer"]


def test_capabilities_are_asked_in_batches_that_the_server_takes(admin, kv, limited, sent):
    one = limited(
        f'path "{kv}/data/*" {{ capabilities = ["read"] }}\n'
        'path "sys/capabilities-self" { capabilities = ["update"] }'
    )
    sent.clear()
    found = one.capabilities([f"{kv}/data/{n}" for n in range(1201)] + ["other"])
    assert found[f"{kv}/data/1200"] == {"read"}
    assert found["other"] == {"deny"}
    assert sent == ["sys/capabilities-self"] * 3


def test_no_secret_stands_in_an_answers_repr(admin, kv):
    answer = admin.ask(Request("read", f"{kv}/data/a"))
    wrapped = admin.write("sys/wrapping/wrap", {"canary": "c4n4ry"}, wrap_ttl="1m")
    assert "'x'" not in repr(answer)
    assert wrapped.wrap_info["token"] not in repr(wrapped)


# ── namespaces ──────────────────────────────────────────────────────────────────────────────────


def test_vault_namespace_leads_every_request_into_it(admin, stack, unique):
    try:
        admin.write(f"sys/namespaces/{unique}")
    except VaultRefused:
        pytest.skip("this server has no namespaces")
    env = {"VAULT_ADDR": stack.vault_addr, "VAULT_NAMESPACE": unique}
    with Vault(VaultSettings.from_environment(env), stack.vault_token) as inside:
        inside.write("sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
        inside.write("kv/data/a", {"data": {"where": "inside"}})
        assert inside.read("kv/data/a")["data"] == {"where": "inside"}
        assert inside.version() == admin.version() != "unknown"
        assert abs((inside.server_time() - admin.server_time()).total_seconds()) < 60
    assert admin.read("kv/data/a") is None
    assert admin.read(f"{unique}/kv/data/a")["data"] == {"where": "inside"}
    admin.delete(f"sys/namespaces/{unique}")


def test_a_namespace_by_name_goes_before_the_variable(stack):
    env = {"VAULT_ADDR": stack.vault_addr, "VAULT_NAMESPACE": "a"}
    assert VaultSettings.from_environment(env, namespace="b").namespace == "b"
    assert replace(VaultSettings.from_environment(env), namespace="").namespace == ""
