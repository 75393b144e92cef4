"""What the tests of several packages need of the real server."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from devstack import stack as stacks
from devstack.stack import Stack
from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault

from .strict_aws import strict_aws, strict_aws_address  # noqa: F401 - fixtures

SERVER = os.environ.get("VAULT_AWS_KIT_TEST_SERVER") or None


@pytest.fixture
def admin(stack) -> Iterator[Vault]:
    """The kit's own connection, as the server's root."""
    with Vault(VaultSettings(address=stack.vault_addr), stack.vault_token, patience=20) as connection:
        yield connection


@dataclass(frozen=True)
class Reach:
    """How Vault gets to a test's own server: the address to listen on, and the name that Vault knows it by."""

    listen: str
    host: str


@pytest.fixture
def from_vault(stack) -> Reach:
    in_container = "container" in stack.title
    return Reach("0.0.0.0", "host.docker.internal") if in_container else Reach("127.0.0.1", "127.0.0.1")


@pytest.fixture
def sealed(tmp_path) -> Iterator[Stack]:
    """A server of the test's own, sealed."""
    with stacks.running(tmp_path / "own", server=SERVER, with_terraform=False) as own:
        with Vault(VaultSettings(address=own.vault_addr), own.vault_token) as vault:
            vault.write("sys/seal")
        yield own


class TlsDoor:
    """TLS in front of the real server, with a certificate of a CA that nobody knows, and not for the address."""

    name = "vault.internal"

    def __init__(self, folder: Path, address: str) -> None:
        parts = urlsplit(address)
        self._vault = (parts.hostname, parts.port)
        self.ca = folder / "ca.pem"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(folder, self.ca, self.name))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = context
        self.address = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            try:
                client = self._tls.wrap_socket(plain, server_side=True)
            except OSError:
                plain.close()
                continue
            server = socket.create_connection(self._vault)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.close()


def _certificate(folder: Path, ca: Path, server: str) -> str:
    """A certificate for a server's name, in one file with its key; its CA's goes to `ca`."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    issuer, subject = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Test CA", server))
    now = dt.datetime.now(dt.UTC)

    def signed(name: x509.Name, key: Any, *extensions: Any) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
        builder = builder.not_valid_after(now + dt.timedelta(days=1))
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(keys[0], hashes.SHA256())

    ids = x509.SubjectKeyIdentifier.from_public_key(keys[0].public_key())
    root = signed(issuer, keys[0], x509.BasicConstraints(ca=True, path_length=None), ids)
    names = x509.SubjectAlternativeName([x509.DNSName(server), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))])
    by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ids)
    leaf = signed(subject, keys[1], names, by)
    ca.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    path = folder / "server.pem"
    key = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + key)
    return str(path)


@pytest.fixture
def door(tmp_path, stack) -> Iterator[TlsDoor]:
    door = TlsDoor(tmp_path, stack.vault_addr)
    yield door
    door.close()
