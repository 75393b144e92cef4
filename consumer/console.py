"""A signed-in URL of AWS's console, for credentials that AWS signs people in with.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from vault_aws_kit import clock
from vault_aws_kit.errors import AwsRefused, AwsUnreachable, NoConsole, ParameterNotForRole

if TYPE_CHECKING:
    import requests

    from vault_aws_kit.contract import RoleEntry
    from vault_aws_kit.credentials import Credentials

SHORTEST, LONGEST = 900, 43_200  # seconds: of a console session
OPEN_WITHIN = 900  # seconds: so long the URL works
CHAINED = 3600  # seconds: the longest session of a role that another role assumed
TIMEOUT = 30
BAD_REQUEST = 400
SERVICE = re.compile(r"[a-z0-9]+([/-][a-z0-9]+)*")
_ISSUER = "vault-aws-kit"
_WITHOUT = {
    "iam_user": "an IAM user's key is no session",
    "static": "an IAM user's key is no session",
    "session_token": "AWS takes no session of GetSessionToken there",
}


@dataclass(frozen=True)
class Hosts:
    """Where a partition signs people in, and where its console is."""

    signin: str
    console: str


_HOSTS = {
    "aws": Hosts("signin.aws.amazon.com", "console.aws.amazon.com"),
    "aws-cn": Hosts("signin.amazonaws.cn", "console.amazonaws.cn"),
    "aws-us-gov": Hosts("signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
}


def check(role: RoleEntry, duration: int) -> None:
    """Before anything is issued: raises NoConsole, ParameterNotForRole. `duration` in seconds, 0 for none asked."""
    if role.type in _WITHOUT:
        raise NoConsole(
            f"AWS signs nobody in to its console as {role.name!r} ({role.type}): {_WITHOUT[role.type]}.",
            hint="Use an assumed_role or a federation_token role (see `consumer roles`).",
        )
    if duration and role.type != "assumed_role":
        raise ParameterNotForRole(
            f"A console session of {role.name!r} ({role.type}) ends with its credentials: AWS refuses another end.",
            hint="Leave --session-duration out, or shorten the credentials with --ttl.",
        )
    if duration and not SHORTEST <= duration <= LONGEST:
        raise ParameterNotForRole(
            f"AWS gives no console session for {clock.duration(duration)}: 15m is the shortest and 12h the longest.",
            hint="Ask for something between.",
        )


def hosts_of(role: RoleEntry, region: str) -> Hosts:
    """Those of the role's partition: its ARNs say which, or else the region. Raises NoConsole for others."""
    partition = role.role_arns[0].split(":")[1] if role.role_arns else _partition(region)
    if partition not in _HOSTS:
        raise NoConsole(
            f"The kit doesn't know where the partition {partition} signs people in.",
            hint=f"It knows {', '.join(_HOSTS)}.",
        )
    return _HOSTS[partition]


def destination(hosts: Hosts, region: str, *, service: str = "", page: str = "") -> str:
    """The page to land on: one of a service, one named by its URL or path, or the console's home.

    Raises ValueError for a page that is none of this console's.
    """
    if page:
        url = f"https://{hosts.console}{page}" if page.startswith("/") else page
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https" or not (host == hosts.console or host.endswith(f".{hosts.console}")):
            raise ValueError(f"{page!r} is no page of https://{hosts.console}")
        return url
    query = f"?{urlencode({'region': region})}" if region else ""
    return f"https://{hosts.console}/{service or 'console'}/home{query}"


def signed_in(credentials: Credentials, hosts: Hosts, page: str, duration: int = 0) -> str:
    """The URL, which is a secret for as long as it works. Raises AwsRefused, AwsUnreachable."""
    token = _signin_token(credentials, hosts, duration)
    query = {"Action": "login", "Issuer": _ISSUER, "Destination": page, "SigninToken": token}
    return f"https://{hosts.signin}/federation?{urlencode(query)}"


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _partition(region: str) -> str:
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _signin_token(credentials: Credentials, hosts: Hosts, duration: int) -> str:
    """By POST, so that no log on the way has the credentials in a URL."""
    session = {
        "sessionId": credentials.access_key_id,
        "sessionKey": credentials.secret_access_key,
        "sessionToken": credentials.session_token,
    }
    fields: dict[str, Any] = {"Action": "getSigninToken", "Session": json.dumps(session)}
    if duration:
        fields["SessionDuration"] = duration
    answer = _post(f"https://{hosts.signin}/federation", fields)
    if not answer.ok:
        raise _refused(answer.status_code, duration)
    try:
        return str(answer.json()["SigninToken"])
    except (ValueError, KeyError, TypeError):
        raise AwsUnreachable(
            f"{hosts.signin} answers, but with no sign-in token.",
            hint="Is there a proxy that answers in its place? See HTTPS_PROXY.",
        ) from None


def _post(url: str, fields: dict[str, Any]) -> requests.Response:
    """As boto3 would: through the proxy of HTTPS_PROXY, trusting AWS_CA_BUNDLE. Errors quote no request."""
    import requests

    with requests.Session() as session:
        session.auth = lambda request: request  # or ~/.netrc would be asked
        try:
            return session.post(
                url, data=fields, timeout=TIMEOUT, verify=os.environ.get("AWS_CA_BUNDLE") or True, allow_redirects=False
            )
        except requests.exceptions.SSLError:
            raise AwsUnreachable(
                f"The certificate of {urlsplit(url).hostname} is not trusted.",
                hint="Name the CA of the proxy on the way in AWS_CA_BUNDLE.",
            ) from None
        except (requests.exceptions.RequestException, OSError) as error:
            raise AwsUnreachable(
                f"{urlsplit(url).hostname} doesn't answer ({type(error).__name__}).",
                hint="Check the network, HTTPS_PROXY and AWS_CA_BUNDLE.",
            ) from None


def _refused(status: int, duration: int) -> AwsRefused:
    hint = "Vault's own identity must be an IAM user: AWS signs nobody in with a role that another role assumed."
    if status != BAD_REQUEST:
        hint = "Try again later. Is there a proxy that answers in AWS's place? See HTTPS_PROXY."
    elif duration > CHAINED:
        hint = (
            f"Where Vault itself uses a role, {clock.duration(CHAINED)} is the longest: leave --session-duration out."
        )
    return AwsRefused(f"AWS refuses to sign in with these credentials (HTTP {status}).", hint=hint)
