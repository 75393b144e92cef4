"""The one way to Vault's API: requests in, answers or the kit's errors out."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from urllib.parse import quote, urlencode

from vault_aws_kit.errors import (
    KitError,
    NotAllowed,
    SettingsInvalid,
    TokenRefused,
    VaultFailed,
    VaultRefused,
    VaultSealed,
    VaultUnreachable,
)
from vault_aws_kit.settings import VaultSettings

if TYPE_CHECKING:
    from vault_aws_kit.transport import Response, Transport

log = logging.getLogger(__name__)

Body: TypeAlias = Mapping[str, Any]

PARALLEL = 8
CAPABILITY_BATCH = 500  # OpenBao refuses bodies of some 1,000 strings
NOT_FOUND, FORBIDDEN, BAD_REQUEST = 404, 403, 400
SEALED = 503
_BY_POLICY = "error occurred:"
_METHODS = {"read": "GET", "list": "LIST", "update": "POST", "create": "POST", "delete": "DELETE", "help": "GET"}
_LOOKUP = "auth/token/lookup-self"
_ALWAYS_THERE = frozenset({"sys/mounts", "sys/auth", "sys/capabilities-self", _LOOKUP})  # in every namespace
_HELP_FIELD = re.compile(r"^    (\w+) \(", re.MULTILINE)  # one line of the help's list of parameters
_NEW_KV = "Upgrading from non-versioned to versioned data"  # what a KV v2 mount answers in its first moments


@dataclass(frozen=True)
class Request:
    """One request: `operation` is a Vault capability, which is also what the token needs on `path`.

    The body may hold a secret, so it stays out of the repr.
    """

    operation: str
    path: str
    body: Body | None = field(default=None, repr=False)
    repeatable: bool = True
    """Whether sending it twice does no more than sending it once: not so where it makes credentials."""


@dataclass(frozen=True)
class Answer:
    """What Vault answered. `data` is {} where there was none; lease fields are 0 and '' where there is no lease.

    What may hold a secret stays out of its repr.
    """

    data: Body = field(repr=False)
    lease_id: str = ""
    lease_duration: int = 0
    renewable: bool = False
    auth: Body | None = field(default=None, repr=False)
    wrap_info: Body | None = field(default=None, repr=False)
    warnings: Sequence[str] = ()


Outcome: TypeAlias = Answer | KitError


@dataclass(frozen=True)
class Help:
    """What a server says of a path: the fields that it knows there, and whether a write keeps what it leaves out."""

    fields: frozenset[str]
    merges: bool


class Vault:
    """A connection to one Vault, as one token. Safe to use from several threads; a context manager."""

    def __init__(self, settings: VaultSettings, token: str, *, patience: float = 0.0) -> None:
        """`patience` is for how many seconds a request is tried again while Vault is busy or changes its leader."""
        self.settings = settings
        self.token = token
        self.patience = patience

    @cached_property
    def _transport(self) -> Transport:
        """Made with the first request: whoever needs no answer of Vault's needn't wait for what it imports."""
        from vault_aws_kit.transport import Transport

        return Transport(self.settings, connections=PARALLEL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_transport" in vars(self):
            self._transport.close()

    def as_token(self, token: str) -> Vault:
        """The same Vault as another token."""
        return Vault(self.settings, token, patience=self.patience)

    # ── one at a time ────────────────────────────────────────────────────────────────────────────

    def read(self, path: str) -> Body | None:
        """The data at a path, None where there is nothing."""
        answer = self.ask(Request("read", path))
        return answer.data if answer else None

    def names(self, path: str) -> list[str]:
        """The names below a path, in the server's order; [] where there are none."""
        answer = self.ask(Request("list", path))
        return [str(key) for key in answer.data.get("keys") or []] if answer else []

    def help(self, path: str) -> Help | None:
        """What the server knows of a path, None where it knows none such. Any token may ask.

        Only a path that tells creating from updating keeps what an update leaves out; OpenAPI then says so of it.
        """
        response = self._send(Request("help", path))
        if response.status == NOT_FOUND:
            return None
        if not response.ok:
            raise self._error(Request("help", path), response)
        said = self._json(response)
        paths: Mapping[str, Mapping[str, Any]] = (said.get("openapi") or {}).get("paths") or {}
        merges = any(found.get("x-vault-createSupported") for found in paths.values())
        return Help(frozenset(_HELP_FIELD.findall(said.get("help") or "")), merges)

    def version(self) -> str:
        """The server's version, as it says itself."""
        return str(self.health().get("version") or "unknown")

    def health(self) -> Body:
        """What sys/health says; its HTTP status tells of standbys and seals, and is no failure.

        Only the root namespace has it, and it needs no token.
        """
        if not self.settings.namespace:
            return self._json(self._send(Request("read", "sys/health")))
        with Vault(replace(self.settings, namespace=""), "", patience=self.patience) as root:
            return root.health()

    def write(self, path: str, body: Body | None = None, *, wrap_ttl: str = "") -> Answer:
        """Create or update what is at a path. A path that this server doesn't know is VaultRefused."""
        answer = self.ask(Request("update", path, body or {}), wrap_ttl=wrap_ttl)
        if answer is None:
            raise VaultRefused(f"Vault has nothing at {path} that could be written.")
        return answer

    def delete(self, path: str) -> None:
        """Delete what is at a path; nothing there is fine."""
        self.ask(Request("delete", path))

    def ask(self, request: Request, *, wrap_ttl: str = "") -> Answer | None:
        """Send one request. None is HTTP 404; every other failure raises one of the kit's errors."""
        response = self._send(request, wrap_ttl)
        if response.status == NOT_FOUND:
            if request.path in _ALWAYS_THERE:
                raise self._not_vault(f"it has no {request.path}")
            return None
        if not response.ok:
            raise self._error(request, response)
        return _answer(self._json(response))

    def tell(self, request: Request) -> None:
        """Send a request for what it does. Deleting what isn't there is fine; writing where nothing can be is not."""
        if self.ask(request) is None and request.operation != "delete":
            raise VaultRefused(f"Vault has nothing at {request.path} that could be written.")

    # ── many at once: the seam for whatever is faster ────────────────────────────────────────────

    def read_many(self, paths: Iterable[str]) -> dict[str, Body | None]:
        """The data at each path, None where there is nothing; the first error is raised."""
        from concurrent.futures import ThreadPoolExecutor

        unique = list(dict.fromkeys(paths))
        with ThreadPoolExecutor(PARALLEL) as pool:
            return dict(zip(unique, pool.map(self.read, unique), strict=True))

    def ask_many(self, requests: Sequence[Request]) -> list[Outcome]:
        """The outcome of each request, in order; an error is an outcome and stops nothing."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(PARALLEL) as pool:
            return list(pool.map(self._outcome, requests))

    def _outcome(self, request: Request) -> Outcome:
        try:
            return self.ask(request) or Answer({})
        except KitError as error:
            return error

    # ── what this token may do ───────────────────────────────────────────────────────────────────

    def capabilities(self, paths: Sequence[str]) -> dict[str, frozenset[str]]:
        """What the token may do on each path, as sys/capabilities-self says."""
        found: dict[str, frozenset[str]] = {}
        for start in range(0, len(paths), CAPABILITY_BATCH):
            batch = list(paths[start : start + CAPABILITY_BATCH])
            data = self.write("sys/capabilities-self", {"paths": batch}).data
            found |= {path: frozenset(data.get(path) or ()) for path in batch}
        return found

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def server_time(self) -> datetime:
        """The server's clock: what its own timestamps can be compared with, whatever the time is here."""
        told = self.health().get("server_time_utc")
        if not isinstance(told, int):
            raise self._not_vault("its sys/health tells no time")
        return datetime.fromtimestamp(told, UTC)

    def _json(self, response: Response) -> Body:
        """An answer's body. Every one of Vault's is an object, or empty."""
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise self._not_vault("what it answers is not Vault's JSON")
        return body

    def _not_vault(self, sign: str) -> SettingsInvalid:
        """Something answers, but not as Vault does in the namespace that is asked for."""
        if self.settings.namespace:
            what = f"there is no namespace {self.settings.namespace!r}, or it is no Vault"
            return SettingsInvalid(
                f"The server at {self.settings.address} is not the one that is meant: {sign}, so {what}.",
                hint="Check VAULT_NAMESPACE (or --namespace) and VAULT_ADDR.",
            )
        return SettingsInvalid(
            f"The server at {self.settings.address} is no Vault: {sign}.",
            hint="Check VAULT_ADDR: it is the scheme, the name and the port, with no path such as /ui or /v1.",
        )

    def _send(self, request: Request, wrap_ttl: str = "") -> Response:
        """Send a request, again and again for as long as patience lasts and it can do no harm."""
        deadline = time.monotonic() + self.patience
        for attempt in count():
            pause = min(0.1 * 2**attempt, 5.0) * (0.5 + os.urandom(1)[0] / 255)  # jitter
            last = time.monotonic() + pause > deadline
            try:
                response = self._send_once(request, wrap_ttl)
            except VaultUnreachable as error:
                if last or not (request.repeatable or not error.delivered):
                    raise
            else:
                if last or not _worth_trying_again(request, response):
                    return response
            time.sleep(pause)
        raise AssertionError  # count() never ends

    def exchange(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        query: Mapping[str, str] | None = None,
        wrap_ttl: str = "",
    ) -> Response:
        """One exchange as it is, whatever Vault answers. Raises VaultUnreachable, TlsNotTrusted, SettingsInvalid."""
        target = f"/v1/{quote(path)}" + (f"?{urlencode(query)}" if query else "")
        return self._transport.exchange(method, target, self._headers(wrap_ttl), body)

    def _send_once(self, request: Request, wrap_ttl: str) -> Response:
        log.debug("%s %s", request.operation, request.path)
        query = {"help": "1"} if request.operation == "help" else None
        return self.exchange(_METHODS[request.operation], request.path, request.body, query, wrap_ttl)

    def _headers(self, wrap_ttl: str) -> dict[str, str]:
        """X-Vault-Request shows a server's proxies and agents that no browser was tricked into this."""
        given = {
            "X-Vault-Token": self.token,
            "X-Vault-Namespace": self.settings.namespace,
            "X-Vault-Wrap-TTL": wrap_ttl,
        }
        return {"X-Vault-Request": "true"} | {name: value for name, value in given.items() if value}

    def _error(self, request: Request, response: Response) -> KitError:
        said = "; ".join(_messages(response)) or response.reason or f"HTTP {response.status}"
        said = said.rstrip(".")
        what = f"{request.operation} {request.path}"
        if response.status == FORBIDDEN:
            return self._why_forbidden(request, said)
        if response.status == SEALED and "sealed" in said.lower():
            return VaultSealed(
                f"Vault at {self.settings.address} is sealed.", hint="Unseal it: `vault operator unseal`."
            )
        if response.status == BAD_REQUEST and "HTTP request to an HTTPS server" in response.text:
            return SettingsInvalid(f"{self.settings.address} speaks TLS.", hint="Write https:// in VAULT_ADDR.")
        if response.status >= 500 or response.status == 429:  # noqa: PLR2004
            return VaultFailed(f"Vault failed on {what}: {said}.", hint="Try again; Vault's log says more.", said=said)
        return VaultRefused(f"Vault refuses {what}: {said}.", said=said)

    def _why_forbidden(self, request: Request, said: str) -> KitError:
        """Tell a token that is no good from one that lacks a capability: Vault's own answers hardly differ."""
        if not self._token_works(request, said):
            return token_refused(self.settings.address)
        may = self._capabilities_if_told(request.path)
        has = f": {_told(may)}" if may is not None else ""
        return NotAllowed(
            f"The token lacks `{request.operation}` on {request.path}{has}.",
            hint="Ask whoever keeps Vault's policies for it, or use another token.",
        )

    def _token_works(self, request: Request, said: str) -> bool:
        """Whether a refusal came from the token's policies, and so not from the token itself.

        Policies answer with a list ("1 error occurred: …"); a bad token gives the bare words, since Vault 1.15
        with "invalid token". The bare words have other causes too (an address outside the token's CIDRs, a plugin
        that refuses), so only they are worth a second question.
        """
        if _BY_POLICY in said:
            return "invalid token" not in said
        if request.path == _LOOKUP:
            return False
        asked = self._send(Request("read", _LOOKUP))
        return asked.ok or _BY_POLICY in "".join(_messages(asked))

    def _capabilities_if_told(self, path: str) -> frozenset[str] | None:
        """None where the token may not even ask."""
        answer = self._send(Request("update", "sys/capabilities-self", {"paths": [path]}))
        return frozenset(_answer(self._json(answer)).data.get(path) or ()) - {"deny"} if answer.ok else None


def _worth_trying_again(request: Request, response: Response) -> bool:
    """Whether Vault may say something else soon. 412 and 429 were not carried out; of 5xx nobody knows."""
    if response.status in (412, 429) or (response.status == BAD_REQUEST and _NEW_KV in response.text):
        return True
    return request.repeatable and response.status in (502, 503, 504) and "sealed" not in response.text


def token_refused(address: str) -> TokenRefused:
    return TokenRefused(
        f"Vault at {address} refuses the token: it is expired, revoked or mistyped (Vault doesn't say which).",
        hint="Log in again: `vault login …`, or `consumer login`. Where a wrapping token was used for it, "
        "ask the platform team for another.",
    )


def _answer(body: Body) -> Answer:
    """Every answer has the same envelope, but some sys paths repeat their data outside it."""
    return Answer(
        data=body.get("data") or {},
        lease_id=body.get("lease_id") or "",
        lease_duration=body.get("lease_duration") or 0,
        renewable=bool(body.get("renewable")),
        auth=body.get("auth"),
        wrap_info=body.get("wrap_info"),
        warnings=body.get("warnings") or (),
    )


def _messages(response: Response) -> list[str]:
    try:
        return [str(message).strip() for message in response.json().get("errors") or []]
    except (ValueError, AttributeError):
        return []


def _told(capabilities: frozenset[str]) -> str:
    return f"it has {', '.join(sorted(capabilities))}" if capabilities else "no policy of it allows anything there"
