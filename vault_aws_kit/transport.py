"""One HTTP exchange with Vault: bytes out and in, or one of the kit's errors for what went wrong on the way."""

from __future__ import annotations

import ipaddress
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import unquote, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, InsecureRequestWarning
from urllib3.exceptions import SSLError as NoTrust

from vault_aws_kit.errors import KitError, SettingsInvalid, TlsNotTrusted, VaultUnreachable
from vault_aws_kit.settings import VaultSettings

REFUSED = "connection refused"
CUT = "the connection was cut"
_REDIRECTS = frozenset({301, 302, 307, 308})
_CAUSES = (
    ("Connection refused", REFUSED),
    ("Name or service not known", "the name is unknown"),
    ("Temporary failure in name resolution", "the name can't be looked up"),
    ("timed out", "no answer in time"),
    ("No route to host", "no route to the host"),
    ("Connection reset", CUT),
    ("RemoteDisconnected", CUT),
    ("Connection aborted", CUT),
)


@dataclass(frozen=True)
class Response:
    """What came back. The body may hold secrets, so it stays out of the repr."""

    status: int
    reason: str
    content: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether it was done. A redirect that wasn't followed is none of that."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own borders

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        """The body's JSON, {} where there is none. Raises ValueError for anything else."""
        return json.loads(self.content) if self.content else {}


class Transport:
    """Connections to one Vault, kept open from one exchange to the next. Safe to use from several threads."""

    def __init__(self, settings: VaultSettings, *, connections: int) -> None:
        self._settings = settings
        self._pool = _pool(settings, connections)

    def close(self) -> None:
        self._pool.clear()

    def exchange(self, method: str, target: str, headers: Mapping[str, str], body: Any = None) -> Response:
        """Send one request; `target` is a quoted path with its query, `body` goes as JSON.

        A standby's redirect to its leader is followed. Raises VaultUnreachable, TlsNotTrusted, SettingsInvalid.
        """
        url = self._settings.address + target
        sent = None if body is None else json.dumps(body).encode()
        fields = {"User-Agent": "vault-aws-kit", **headers}
        if sent is not None:
            fields["Content-Type"] = "application/json"
        answer = self._send(method, url, fields, sent)
        if answer.status in _REDIRECTS and answer.headers.get("Location"):
            answer = self._send(method, self._leader(url, target, answer.headers["Location"]), fields, sent)
        return Response(answer.status, answer.reason or "", answer.data)

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Any:
        try:
            return self._pool.request(method, url, body=body, headers=headers, redirect=False, retries=False)
        except NoTrust as error:
            raise _not_trusted(self._settings, error) from None
        except HTTPError as error:
            raise _unreachable(self._settings, error) from None
        except ValueError:
            raise SettingsInvalid(
                "The token or the namespace holds characters that no HTTP header can carry.",
                hint="Check VAULT_TOKEN and VAULT_NAMESPACE.",
            ) from None

    def _leader(self, url: str, target: str, location: str) -> str:
        """Where a redirect leads, if it can be a standby's: the same request to another address, and never out of TLS.

        The token goes with it, as with Vault's own tools, so nothing else is followed.
        Source: https://github.com/hashicorp/vault/blob/main/api/client.go (rawRequestWithContext)
        """
        leader = urljoin(url, location)
        if url.startswith("https:") and not leader.startswith("https:"):
            self._refuse(leader, "which is not TLS: the token would be readable on the way")
        path, _, query = target.partition("?")
        parts = urlsplit(leader)
        if not unquote(parts.path).endswith(unquote(path)) or parts.query != query:
            self._refuse(leader, "which no standby of Vault does")
        return leader

    def _refuse(self, leader: str, why: str) -> NoReturn:
        raise SettingsInvalid(
            f"The server at {self._settings.address} sends to {urlsplit(leader)._replace(query='').geturl()}, {why}.",
            hint="Check VAULT_ADDR: it is the scheme, the name and the port, with no path such as /ui or /v1.",
        )


# ── the pool ────────────────────────────────────────────────────────────────────────────────────


def _pool(settings: VaultSettings, connections: int) -> urllib3.PoolManager:
    options = {"maxsize": connections, "timeout": urllib3.Timeout(settings.timeout), **_tls(settings)}
    proxy = _proxy(settings.address)
    if not proxy:
        return urllib3.PoolManager(**options)
    try:
        return urllib3.ProxyManager(proxy, proxy_headers=_proxy_headers(proxy), **options)
    except HTTPError:
        raise SettingsInvalid(
            "The proxy that HTTPS_PROXY (or HTTP_PROXY, ALL_PROXY) names can't be used: it is no http:// address.",
            hint="Correct it, or name Vault's host in NO_PROXY.",
        ) from None


def _tls(settings: VaultSettings) -> dict[str, Any]:
    """Where no CA is named the system's are trusted, as by Vault's own tools."""
    options: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED"}
    if settings.ca_cert:
        options["ca_certs"] = settings.ca_cert
    elif settings.ca_path:
        options["ca_cert_dir"] = settings.ca_path
    if settings.client_cert:
        options |= {"cert_file": settings.client_cert, "key_file": settings.client_key or settings.client_cert}
    if settings.tls_server_name:
        options |= {"server_hostname": settings.tls_server_name, "assert_hostname": settings.tls_server_name}
    if settings.skip_verify:
        urllib3.disable_warnings(InsecureRequestWarning)
        options |= {"cert_reqs": "CERT_NONE", "assert_hostname": False}
    return options


def _proxy(address: str) -> str:
    """The proxy on the way to an address, by HTTPS_PROXY and its like, '' where there is none."""
    parts = urlsplit(address)
    if sys.platform != "darwin" and not any(_is_set(f"{name}_proxy") for name in (parts.scheme, "all")):
        return ""  # and there is no need to load what knows more

    import urllib.request

    proxies = urllib.request.getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not found or _bypassed(parts.hostname or "", parts.netloc.rpartition("@")[2]):
        return ""
    return found if "://" in found else f"http://{found}"


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(name.upper()))


def _bypassed(host: str, host_and_port: str) -> bool:
    """Whether NO_PROXY names a host. Networks such as 10.0.0.0/8 are read too, as Vault's own tools read them."""
    import urllib.request

    if urllib.request.proxy_bypass(host) or urllib.request.proxy_bypass(host_and_port):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    named = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return any(address in network for part in named.split(",") if (network := _network(part.strip())))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def _proxy_headers(proxy: str) -> Mapping[str, str]:
    parts = urlsplit(proxy)
    if not parts.username:
        return {}
    return urllib3.make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}")


# ── what went wrong ─────────────────────────────────────────────────────────────────────────────


def _unreachable(settings: VaultSettings, error: Exception) -> VaultUnreachable:
    cause = _cause(error)
    hint = "Check VAULT_ADDR, and that the server runs and can be reached from here."
    if settings.assumed:
        hint = "VAULT_ADDR is not set, so this is Vault's own default: set it to your server's address."
    elif cause == CUT and settings.address.startswith("http://"):
        hint = "If the server speaks TLS, write https:// in VAULT_ADDR."
    message = f"Vault at {settings.address} doesn't answer: {cause}."
    return VaultUnreachable(message, hint=hint, delivered=cause != REFUSED)


def _cause(error: Exception) -> str:
    """The innermost reason, without Python's addresses and nested reprs."""
    text = str(error)
    return next((meaning for sign, meaning in _CAUSES if sign in text), type(error).__name__)


def _not_trusted(settings: VaultSettings, error: Exception) -> KitError:
    text = str(error)
    if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text:
        return SettingsInvalid(f"{settings.address} doesn't speak TLS.", hint="Write http:// in VAULT_ADDR.")
    reason = (
        text.rsplit("certificate verify failed: ", 1)[-1].split(" (_ssl", maxsplit=1)[0] if "verify" in text else text
    )
    return TlsNotTrusted(
        f"The certificate of {settings.address} is not trusted: {reason}.",
        hint="Name its CA in VAULT_CACERT (or the name it was made for in VAULT_TLS_SERVER_NAME).",
    )
