"""HTTP over TLS with a CA of its own, tokens, and the faults that a test puts in."""

from __future__ import annotations

import ipaddress
import json
import re
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.issuer import Issuer

from . import documents
from .routes import Request, handle
from .state import Refused, State


@dataclass
class Fault:
    """What happens to requests whose `METHOD /path` has the pattern in it: the `nth` of them and `times` in all.

    With a status that is answered, with `done` the request is carried out first; without a status the connection is
    dropped. With `held` it is carried out, and its answer kept back until `may_go`.
    """

    pattern: str
    nth: int = 1
    times: int = 1
    status: int = 0
    done: bool = False
    held: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)
    may_go: threading.Event = field(default_factory=threading.Event)

    def strikes(self, line: str) -> bool:
        if not re.search(self.pattern, line):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


class TfeServer:
    """A server at an address that the system chose. `asked` is the line of every request, `METHOD /path?query`.

    `issuer` signs its runs' tokens; anybody may read its keys below /.well-known/.
    """

    def __init__(self, folder: Path) -> None:
        self.state = State()
        self.faults: list[Fault] = []
        self.asked: list[str] = []
        self.page_limit = 2
        self.lock = threading.Lock()
        self.ca_bundle = folder / "ca.pem"
        context = _context(folder, self.ca_bundle)
        self._http = _Http(self)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"localhost:{self._http.server_port}"
        self.address = f"https://{self.host}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @cached_property
    def issuer(self) -> Issuer:
        return Issuer(self.address)

    def well_known(self, name: str) -> Any:
        """A public document, None for none."""
        if name == "openid-configuration":
            return documents.discovery(self.address)
        return self.issuer.keys if name == "jwks" else None

    def fault(self, pattern: str, **settings: Any) -> Fault:
        self.faults.append(Fault(pattern, **settings))
        return self.faults[-1]

    def struck(self, line: str) -> Fault | None:
        """The fault that a request meets."""
        self.asked.append(line)
        return next((one for one in self.faults if one.strikes(line)), None)

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    """Knows whose requests it takes."""

    daemon_threads = True

    def __init__(self, tfe: TfeServer) -> None:
        self.tfe = tfe
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    timeout = 30

    def answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.tfe.lock:
            fault = self.server.tfe.struck(f"{self.command} {self.path}")
            lost = fault and not (fault.done or fault.held)
            status, document = (0, None) if lost else self.carry_out(parts, body)
        if fault and fault.held:
            fault.arrived.set()
            fault.may_go.wait(60)
        if not fault or fault.held:
            self.send(status, document, {})
        elif fault.status:
            self.send(fault.status, documents.error(fault.status, "fault"), fault.headers)
        else:
            self.close_connection = True

    def carry_out(self, parts: SplitResult, body: bytes) -> tuple[int, Any]:
        tfe = self.server.tfe
        if parts.path.startswith("/.well-known/"):
            found = tfe.well_known(parts.path.removeprefix("/.well-known/"))
            return (200, found) if found else (404, documents.error(404, "not found"))
        kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if kind != "Bearer" or token not in tfe.state.accounts:
            return 401, documents.error(401, "unauthorized")
        query, content = dict(parse_qsl(parts.query)), json.loads(body or "null")
        request = Request(tfe.state, *tfe.state.accounts[token], query, content, tfe.page_limit)
        try:
            return handle(self.command, parts.path, request)
        except Refused as refused:
            return refused.status, documents.error(refused.status, refused.title, refused.detail)

    def send(self, status: int, document: Any, headers: dict[str, str]) -> None:
        text = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/vnd.api+json; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the standard library's names

    def log_message(self, *args: object) -> None:
        pass


def _context(folder: Path, ca_bundle: Path) -> ssl.SSLContext:
    """TLS with a certificate for localhost that only the CA in this file vouches for."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("Tests' own CA", "Tests' own CA", ca_key, ca_key, is_ca=True)
    leaf = _certificate("localhost", "Tests' own CA", key, ca_key, is_ca=False)
    ca_bundle.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    chain = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + leaf.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def _certificate(name: str, issuer: str, key: Any, signer: Any, *, is_ca: bool) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    alternatives = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=is_ca, crl_sign=is_ca, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
