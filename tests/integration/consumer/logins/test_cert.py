"""The certificate login, against a server of the test's own that speaks TLS itself."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from consumer.cli import main
from devstack import environment, leash
from devstack.folder import Folder
from devstack.processes import end, start
from devstack.waiting import wait
from vault_aws_kit.errors import LoginFailed
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault

POLICY = "vak-prod-pay"


@dataclass(frozen=True)
class TlsServer:
    """A server that is reached by TLS alone, and its root."""

    address: str
    ca: Path
    root: Vault


@pytest.fixture(scope="module")
def server(stack, tmp_path_factory) -> Iterator[TlsServer]:
    program = next(filter(None, (shutil.which(name, path=stack.env["PATH"]) for name in ("bao", "vault"))), None)
    if not program:
        pytest.skip("the server runs in a container: there is no program to start another")
    folder = Folder(tmp_path_factory.mktemp("tls"))
    with leash.on(folder.path):
        folder.begin("A server with TLS")
        token, log = secrets.token_urlsafe(24), folder.log("server")
        certificates = folder.path / "server"
        certificates.mkdir()
        address = f"127.0.0.1:{_free_port()}"
        argv = [program, "server", "-dev", "-dev-no-store-token", f"-dev-listen-address={address}"]
        argv += ["-dev-tls", f"-dev-tls-cert-dir={certificates}"]
        mine = {"VAULT_DEV_ROOT_TOKEN_ID": token, "BAO_DEV_ROOT_TOKEN_ID": token, "HOME": str(certificates)}
        process = start("server", argv, {**environment.without_foreign(os.environ), **mine}, log)
        folder.add(process)
        url = f"https://{address}"
        wait("The server", lambda: _answers(url, certificates), process, log, 60)
        ca = _ca(certificates)
        with Vault(VaultSettings(address=url, ca_cert=str(ca)), token, patience=20) as root:
            root.write("sys/auth/cert", {"type": "cert"})
            yield TlsServer(url, ca, root)
        end([process])


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _ca(folder: Path) -> Path:
    return next(folder.glob("*ca.pem"))


def _answers(url: str, folder: Path) -> bool:
    try:
        return requests.get(f"{url}/v1/sys/health", verify=str(_ca(folder)), timeout=5).ok
    except (requests.exceptions.RequestException, OSError, StopIteration):
        return False


@pytest.fixture
def certificate(tmp_path):
    """Makes a client's certificate with its key, which it signs itself; gives the paths of both."""

    def make(name: str) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = dt.datetime.now(dt.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(minutes=5))
        builder = builder.not_valid_after(now + dt.timedelta(days=1))
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        made = builder.add_extension(usage, critical=False).sign(key, hashes.SHA256())
        paths = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        paths[1].write_bytes(key.private_bytes(*form))
        return paths

    return make


@pytest.fixture
def login(server, tmp_path, monkeypatch, capfd):
    """Runs `consumer login` with a client's certificate; gives code and talk."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VAULT_ADDR", server.address)
    monkeypatch.setenv("VAULT_CACERT", str(server.ca))
    monkeypatch.setenv(
        "REQUESTS_CA_BUNDLE", str(tmp_path / "another.pem")
    )  # what is meant for others goes not before it

    def run(files: tuple[Path, Path] | None, *argv: str) -> tuple[int, str]:
        for name, path in zip(("VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY"), files or (), strict=False):
            monkeypatch.setenv(name, str(path))
        code = main(["login", *argv])
        return code, capfd.readouterr().err

    return run


def trust(server: TlsServer, role: str, files: tuple[Path, Path]) -> None:
    fields = {"certificate": files[0].read_text(), "token_policies": [POLICY], "token_no_default_policy": True}
    server.root.write(f"auth/cert/certs/{role}", fields)


def test_a_client_logs_in_by_its_certificate(server, certificate, login, tmp_path, unique):
    files = certificate("ci")
    trust(server, unique, files)
    code, said = login(files, "--method", "cert", "--role", unique)
    assert code == 0, said
    token = (tmp_path / ".vault-token").read_text()
    assert server.root.write("auth/token/lookup", {"token": token}).data["policies"] == [POLICY]


def test_without_a_role_vault_takes_the_one_that_fits(server, certificate, login, unique):
    files = certificate("ci")
    trust(server, unique, files)
    assert login(files, "--method", "cert")[0] == 0


def test_a_certificate_that_no_role_trusts_is_refused(server, certificate, login, unique):
    trust(server, unique, certificate("ci"))
    code, said = login(certificate("stranger"), "--method", "cert", "--role", unique)
    assert code == LoginFailed.exit_code
    assert "certificate login at auth/cert" in said


def test_without_a_certificate_its_variables_are_named(login):
    code, said = login(None, "--method", "cert")
    assert code == LoginFailed.exit_code
    assert "VAULT_CLIENT_CERT" in said


def test_commands_log_in_by_a_certificate_where_the_method_is_named(
    server, certificate, login, monkeypatch, unique, capfd
):
    files = certificate("ci")
    trust(server, unique, files)
    login(files, "--help")
    monkeypatch.setenv("VAULT_AWS_KIT_LOGIN", f"cert:cert/{unique}")
    main(["roles"])  # there is no catalog
    assert f"Logged in to Vault with VAULT_CLIENT_CERT at auth/cert as {unique}" in capfd.readouterr().err
