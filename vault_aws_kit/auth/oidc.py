"""OIDC: a person shows who they are in a browser, which comes back to a listener on this machine.

Vault makes the provider's URL with a state, a nonce and a PKCE challenge of its own, and takes the code back only
together with the client's nonce, which no browser ever sees: whoever reads the URL can do nothing with it.

Source: https://developer.hashicorp.com/vault/api-docs/auth/jwt#oidc-authorization-url-request and what follows there.
"""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, urlsplit

from vault_aws_kit import clock
from vault_aws_kit.auth.door import knock, told
from vault_aws_kit.auth.interface import LoginMethod
from vault_aws_kit.errors import LoginFailed

if TYPE_CHECKING:
    from vault_aws_kit.vault import Body, Vault

MOUNT = "oidc"
PORT = 8250
"""Vault's own tools listen here, so that most roles and providers allow it."""
WAIT = 300.0  # seconds; Vault forgets a login that was begun after ten minutes, and few providers allow more than five
PATH = "/oidc/callback"
_PAGE = "<!doctype html><meta charset=utf-8><title>Vault</title><p>{}</p>"


@dataclass(frozen=True)
class Oidc(LoginMethod):
    """`show` gets the URL that a browser must open. `role` may be '' where the mount has a default role."""

    name: ClassVar[str] = "oidc"
    title: ClassVar[str] = "OIDC"
    check: ClassVar[str] = "Check the role's name, and what it binds: audience, claims, groups."

    show: Callable[[str], None] = field(repr=False, compare=False)
    role: str = ""
    mount: str = MOUNT
    port: int = PORT
    wait: float = WAIT

    def ask(self, vault: Vault) -> Body:
        nonce = secrets.token_urlsafe(32)
        with _listening(self.port) as callbacks:
            url = self._url(vault, nonce)
            callbacks.expect(_state_of(url))
            self.show(url)
            answer = callbacks.wait(self.wait)
        if "code" not in answer:
            raise _not_let_in(answer)
        query = {"state": answer["state"], "code": answer["code"], "client_nonce": nonce}
        return knock(vault, f"auth/{self.mount}/oidc/callback", query=query)

    def _url(self, vault: Vault, nonce: str) -> str:
        """Vault says '' for whatever it doesn't like of a role, and its log says what."""
        redirect = f"http://localhost:{self.port}{PATH}"
        body = {"role": self.role, "redirect_uri": redirect, "client_nonce": nonce}
        answer = knock(vault, f"auth/{self.mount}/oidc/auth_url", body)
        url = str((answer.get("data") or {}).get("auth_url") or "")
        if not url:
            raise LoginFailed(
                f"Vault begins no OIDC login at auth/{self.mount} with role {self.role!r} (it doesn't say why).",
                hint=f"The role must be of type oidc and have {redirect} among its allowed_redirect_uris, and Vault "
                "must reach the provider: Vault's log says more.",
            )
        return url


# ── the listener ────────────────────────────────────────────────────────────────────────────────


class _Callbacks:
    """What browsers bring. All but the answer to our own login is turned away, and doesn't end the wait."""

    def __init__(self) -> None:
        self._state = ""
        self._answers: queue.SimpleQueue[Mapping[str, str]] = queue.SimpleQueue()

    def expect(self, state: str) -> None:
        self._state = state

    def take(self, query: Mapping[str, str]) -> bool:
        """Whether this is the answer that we wait for."""
        ours = bool(self._state) and secrets.compare_digest(query.get("state", "").encode(), self._state.encode())
        if ours:
            self._answers.put(query)
        return ours

    def wait(self, seconds: float) -> Mapping[str, str]:
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            raise LoginFailed(
                f"Nobody came back from the browser within {clock.duration(int(seconds))}.",
                hint="Try again, and open the URL in a browser on this machine: it comes back to this machine's port.",
            ) from None


@contextmanager
def _listening(port: int) -> Iterator[_Callbacks]:
    """A listener on loopback alone. Raises LoginFailed where the port is taken."""
    callbacks = _Callbacks()

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == PATH and callbacks.take(query):
                self._reply(200, "Go back to the terminal: it says whether Vault lets you in. You can close this.")
            else:
                self._reply(404, "This is not the login that is waited for.")

        def _reply(self, status: int, text: str) -> None:
            page = _PAGE.format(text).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing is logged: the request's line holds the code."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise LoginFailed(
            f"Port {port}, where the browser shall come back, can't be listened on: {error.strerror}.",
            hint="End what uses it, or give another with --callback-port, if the provider allows that one.",
        ) from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield callbacks
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("state", [""])[0]


def _not_let_in(answer: Mapping[str, str]) -> LoginFailed:
    said = told(": ".join(filter(None, (answer.get("error"), answer.get("error_description"))))) or "it says no more"
    return LoginFailed(f"The OIDC provider let nobody in: {said}.", hint="Ask whoever runs it, or try another account.")
