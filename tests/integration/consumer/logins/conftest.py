"""Those whom Vault trusts, made by the tests: who signs tokens, GitHub's endpoint, an OIDC provider, a cluster's API."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.issuer import Issuer, base64url
from vault_aws_kit.contract import team_policy
from vault_aws_kit.vault import Vault


class Site:
    """An HTTP server; `answer` gets method, path, query or form, and headers; gives status and body.

    `url` is for who is on this machine, `url_for_vault` for Vault, which may be in a container. A body that is a string is where it redirects to; one that came as JSON is given under the name ''.
    """

    def __init__(self, listen: str = "127.0.0.1", host: str = "127.0.0.1") -> None:
        self.answer: Callable[[str, str, dict[str, str], Any], tuple[int, Any]] = lambda *_: (404, {})
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._do("GET", urlsplit(self.path).query)

            def do_POST(self) -> None:
                self._do("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

            def _do(self, method: str, text: str) -> None:
                form = {name: values[0] for name, values in parse_qs(text).items()}
                given = {"": text} if text.startswith("{") else form
                status, body = site.answer(method, urlsplit(self.path).path, given, self.headers)
                data = json.dumps(body).encode()
                self.send_response(status)
                if isinstance(body, str):
                    self.send_header("Location", body)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((listen, 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.url_for_vault = f"http://{host}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site(from_vault) -> Iterator[Site]:
    site = Site(from_vault.listen, from_vault.host)
    yield site
    site.close()


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def stranger() -> Issuer:
    """Signs as the issuer does, with another key."""
    return Issuer()


@dataclass(frozen=True)
class Way:
    """An auth method's mount with the team's role."""

    admin: Vault
    mount: str
    role: str

    def tune(self, **fields: Any) -> None:
        """Change the role; what is not named stays."""
        path = f"auth/{self.mount}/role/{self.role}"
        self.admin.write(path, {**(self.admin.read(path) or {}), **fields})


@pytest.fixture
def mounted(admin, unique, team) -> Iterator[Callable[..., Way]]:
    """Makes a mount of an auth method, with a configuration."""
    made: list[str] = []

    def mount(method: str, **config: Any) -> Way:
        path = f"{method}-{unique}"
        admin.write(f"sys/auth/{path}", {"type": method})
        made.append(path)
        if config:
            admin.write(f"auth/{path}/config", config)
        return Way(admin, path, team_policy(team.entry.spec, team.entry.team))

    yield mount
    for path in made:
        admin.delete(f"sys/auth/{path}")


@pytest.fixture
def token_fields(team) -> dict[str, Any]:
    """What a role says of the tokens that it gives."""
    policy = team_policy(team.entry.spec, team.entry.team)
    return {"token_policies": [policy], "token_no_default_policy": True, "token_ttl": "1h"}


@pytest.fixture
def jwt(mounted, issuer, token_fields) -> Way:
    """A JWT login of the team for the jobs of repository acme/pay."""
    way = mounted("jwt", jwt_validation_pubkeys=[issuer.public], bound_issuer=issuer.name)
    bound = {"bound_audiences": ["vault"], "bound_claims": {"repository": "acme/pay"}, "user_claim": "sub"}
    way.tune(role_type="jwt", **bound, **token_fields)
    return way


@pytest.fixture
def job_token(issuer) -> Callable[..., str]:
    """Makes a token as a job of acme/pay has it."""
    return lambda **claims: issuer.token(**{"repository": "acme/pay", **claims})


@pytest.fixture
def github(site, job_token, monkeypatch) -> Site:
    """A job of GitHub Actions that may ask for ID tokens; the site counts and checks what it is asked."""
    site.asked = []

    def answer(method: str, path: str, query: dict[str, str], headers: Any) -> tuple[int, Any]:
        if headers["Authorization"] != "Bearer request-token-canary":
            return 403, {}
        site.asked.append(query)
        return 200, {"value": job_token(aud=query.get("audience", "https://github.com/acme"))}

    site.answer = answer
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{site.url}/token?api-version=2.0")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token-canary")
    return site


class Provider:
    """An OIDC provider where Ann is signed in already: discovery, keys, authorize with PKCE, token."""

    client, secret = "vault-client", "client-secret-canary"

    def __init__(self, site: Site) -> None:
        self.site, self.issuer = site, Issuer(site.url_for_vault)
        self.refuses = ""
        self._codes: dict[str, dict[str, str]] = {}
        site.answer = self._answer

    def _answer(self, method: str, path: str, given: dict[str, str], headers: Any) -> tuple[int, Any]:
        return {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": lambda _: (200, self.issuer.keys),
            "/authorize": self._authorize,
            "/token": self._token,
        }[path](given)

    def _discovery(self, _: dict[str, str]) -> tuple[int, Any]:
        vaults = {"token_endpoint": "token", "jwks_uri": "keys"}
        said = {name: f"{self.site.url_for_vault}/{path}" for name, path in vaults.items()}
        said |= {"issuer": self.issuer.name, "authorization_endpoint": f"{self.site.url}/authorize"}
        return 200, {"id_token_signing_alg_values_supported": ["RS256"], **said}

    def _authorize(self, given: dict[str, str]) -> tuple[int, Any]:
        assert given["response_type"] == "code"
        assert given["code_challenge_method"] == "S256"
        back = {"state": given["state"]}
        if self.refuses:
            back |= {"error": "access_denied", "error_description": self.refuses}
        else:
            code = f"code-{len(self._codes)}"
            self._codes[code] = given
            back["code"] = code
        return 302, f"{given['redirect_uri']}?{urlencode(back)}"

    def _token(self, given: dict[str, str]) -> tuple[int, Any]:
        asked = self._codes.pop(given["code"])
        challenge = base64url(hashlib.sha256(given["code_verifier"].encode()).digest())
        if challenge != asked["code_challenge"] or given["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        id_token = self.issuer.token(aud=self.client, sub="ann", nonce=asked["nonce"], groups=["ops"])
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": id_token}


@pytest.fixture
def provider(site) -> Provider:
    return Provider(site)


@pytest.fixture
def oidc(mounted, provider, token_fields) -> Way:
    """An OIDC login of the team for the group ops."""
    config = {"oidc_discovery_url": provider.issuer.name, "oidc_client_id": provider.client}
    way = mounted("oidc", **config, oidc_client_secret=provider.secret)
    redirect = "http://localhost:8250/oidc/callback"  # on loopback, Vault takes it with any port
    bound = {"bound_claims": {"groups": ["ops"]}, "user_claim": "sub", "allowed_redirect_uris": [redirect]}
    way.tune(role_type="oidc", **bound, **token_fields)
    return way


@pytest.fixture
def kubernetes(mounted, site, token_fields, door) -> Way:
    """A Kubernetes login of the team for prod's service account `deployer`, with a cluster that reviews tokens."""
    site.reviewed = []

    def answer(method: str, path: str, given: dict[str, str], headers: Any) -> tuple[int, Any]:
        review = json.loads(given[""])
        site.reviewed.append(review["spec"]["token"])
        claims = review["spec"]["token"].split(".")[1]
        sub = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]
        user = {"username": sub, "uid": "uid-1", "groups": []}
        status = {"authenticated": True, "user": user, "audiences": review["spec"].get("audiences")}
        return 201, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}

    site.answer = answer
    reviewer = {
        "token_reviewer_jwt": "reviewer",
        "disable_local_ca_jwt": True,
        "kubernetes_ca_cert": door.ca.read_text(),
    }
    way = mounted("kubernetes", kubernetes_host=site.url_for_vault, **reviewer)
    names = {"bound_service_account_names": ["deployer"], "bound_service_account_namespaces": ["prod"]}
    way.tune(**names, **token_fields)
    return way


@pytest.fixture
def pod_token(issuer) -> Callable[..., str]:
    """Makes a token as a pod of a service account has it, in the form that Kubernetes projects."""

    def make(account: str = "deployer", namespace: str = "prod") -> str:
        named = {"namespace": namespace, "serviceaccount": {"name": account, "uid": "uid-1"}}
        sub = f"system:serviceaccount:{namespace}:{account}"
        return issuer.token(sub=sub, aud=["https://kubernetes.default.svc"], **{"kubernetes.io": named})

    return make
