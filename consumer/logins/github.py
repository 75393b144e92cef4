"""GitHub Actions: the ID token that a job may ask for, if its workflow grants it `id-token: write`.

Source: https://docs.github.com/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from vault_aws_kit.errors import LoginFailed

URL, TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
PERMISSION = "Give the job `permissions: id-token: write`."
TIMEOUT = 30
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def here(env: Mapping[str, str]) -> bool:
    return bool(env.get(URL) and env.get(TOKEN))


def id_token(env: Mapping[str, str], audience: str = "") -> str:
    """A fresh ID token; without an audience it is for the repository owner's URL. Raises LoginFailed."""
    import requests

    url = urlsplit(env[URL])
    if url.scheme != "https" and url.hostname not in _LOOPBACK:
        raise LoginFailed(f"{URL} is no https address: the job's token is not sent there.", hint=PERMISSION)
    headers = {"Authorization": f"Bearer {env[TOKEN]}", "Accept": "application/json"}
    params = {"audience": audience} if audience else {}
    try:
        response = requests.get(env[URL], params=params, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        token = str(response.json().get("value") or "") if response.ok else ""
    except (requests.exceptions.RequestException, ValueError, AttributeError) as error:
        raise LoginFailed(
            f"GitHub gives no ID token: {type(error).__name__} on the way to {url.hostname}.", hint="Run the job again."
        ) from None
    if not token:
        raise LoginFailed(f"GitHub gives no ID token: HTTP {response.status_code}.", hint=PERMISSION)
    return token
