"""The process that plays AWS: moto's proxy on a port that the system chose, with a CA of its own.

Run as `python -P proxy.py FOLDER [HOST PORT]`. It writes `ca.crt` and then `port` to the folder; when `port` is there,
it answers. It stands alone, so that it also runs in a container that has moto.
moto brings one CA for everybody, makes certificates with the `openssl` program, and keeps them among its own files,
where two proxies collide. This one makes them in the stack's folder, and needs no program.
"""

from __future__ import annotations

import os
import socketserver
import sys
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=30)
SKEW = timedelta(hours=1)


class Authority:
    """A CA that signs certificates for AWS hosts and forgets its key with the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._host_key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault-aws-kit devstack")])
        self.host_key = str(_write(folder / "host.key", _private(self._host_key)))
        _write(folder / "ca.crt", self._root().public_bytes(serialization.Encoding.PEM), mode=0o644)

    def certificate(self, host: str) -> str:
        """The path of a certificate for a host and its siblings: `iam.amazonaws.com` gets `*.amazonaws.com`."""
        parent = host.partition(".")[2]
        path = self._folder / f"host-{parent}.crt"
        with self._lock:
            if not path.exists():
                _write(path, self._leaf(parent).public_bytes(serialization.Encoding.PEM))
        return str(path)

    def _root(self) -> x509.Certificate:
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        return (
            _builder(self._name, self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _leaf(self, parent: str) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, parent[:64])])
        names = x509.SubjectAlternativeName([x509.DNSName(f"*.{parent}"), x509.DNSName(parent)])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            _builder(subject, self._name, self._host_key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(names, critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFE)
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, mode: int = 0o600) -> Path:
    """Write a file that appears whole. The CA's certificate alone may be read by whoever gets this far."""
    partial = path.with_name(f"{path.name}.partial")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:  # noqa: PTH123
        file.write(data)
    return partial.rename(path)


class Proxy(ThreadingHTTPServer):
    """moto answers one request a connection, so a busy stack opens many at once."""

    request_queue_size = 128
    daemon_threads = True


def serve(folder: Path, host: str = "127.0.0.1", port: str = "0") -> None:
    """Answer until the process is ended."""
    os.environ["TEST_PROXY_MODE"] = "true"  # so that moto's S3 knows how its hosts are called
    from moto.moto_proxy import proxy3

    authority = Authority(folder)

    class Certificates:
        """What moto's proxy uses of its own CertificateCreator."""

        certkey = authority.host_key

        def create(self, path: str) -> str:
            return authority.certificate(path.rpartition(":")[0])

    setattr(proxy3, "CertificateCreator", Certificates)  # noqa: B010 - no type of moto's own fits
    server: socketserver.TCPServer = Proxy((host, int(port)), proxy3.ProxyRequestHandler)
    os.environ["MOTO_PORT"] = str(server.server_address[1])
    _write(folder / "port", os.environ["MOTO_PORT"].encode())
    server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), *sys.argv[2:])
