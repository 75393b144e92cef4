"""Environment variables by which AWS's SDKs find credentials and regions.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html, and botocore's credentials.py for
the names that are older than it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from consumer import default_profile

if TYPE_CHECKING:
    from vault_aws_kit.credentials import Credentials

REGION = ("AWS_REGION", "AWS_DEFAULT_REGION")  # the SDKs read the first, boto3 the second

# One set of credentials: these belong together, and one left over from another set spoils it.
OF_A_SET = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ACCOUNT_ID",
)

# Other ways in which an SDK would find other credentials than ours.
_OTHER_SOURCES = (
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_CREDENTIAL_FILE",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
FIND_CREDENTIALS = (*OF_A_SET, *_OTHER_SOURCES)
_BEARER = "AWS_BEARER_TOKEN_"  # one for each service, as AWS_BEARER_TOKEN_BEDROCK


def variables(credentials: Credentials) -> dict[str, str]:
    """What to set for these credentials."""
    found = {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
    }
    if credentials.session_token:
        found["AWS_SESSION_TOKEN"] = credentials.session_token
    return found | (dict.fromkeys(REGION, credentials.region) if credentials.region else {})


def of_endpoint(uri: str, *, token: str = "", token_file: str = "", region: str = "") -> dict[str, str]:
    """What to set for a container endpoint, whose authorization token is given itself or in a file."""
    found = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri}
    if token:
        found["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = token
    if token_file:
        found["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = token_file
    return found | (dict.fromkeys(REGION, region) if region else {})


def for_client(inherited: Mapping[str, str], endpoint: Mapping[str, str], *, named: bool) -> dict[str, str]:
    """The environment of a program that shall ask an endpoint (see `of_endpoint`) for credentials and find no others.

    As `for_child`; `named` says whether somebody gave the region by name. Files of AWS's whose default profile would
    win over the endpoint are hidden.
    """
    kept = {name: value for name, value in inherited.items() if not _finds_credentials(name)}
    hidden = dict.fromkeys(default_profile.winning_files(inherited), os.devnull)
    return kept | hidden | dict(endpoint) | _regions(inherited, endpoint.get(REGION[0], ""), named=named)


def stale(given: Mapping[str, str]) -> list[str]:
    """What an earlier set may have left that is none of these: a stale session token spoils a key that has none."""
    return [name for name in OF_A_SET if name not in given]


def for_child(inherited: Mapping[str, str], credentials: Credentials, *, region: str = "") -> dict[str, str]:
    """The environment of a program that shall use these credentials and find no others.

    Region, CA bundle and endpoints stay as they are; a `region` given by name wins, the role's fills a gap.
    """
    kept = {name: value for name, value in inherited.items() if not _finds_credentials(name)}
    regions = _regions(inherited, region or credentials.region, named=bool(region))
    return kept | variables(credentials) | regions


def _finds_credentials(name: str) -> bool:
    return name in FIND_CREDENTIALS or name.startswith(_BEARER)


def _regions(inherited: Mapping[str, str], region: str, *, named: bool) -> dict[str, str]:
    """Both spellings, so that no two SDKs work in different regions where only one was set."""
    own = [inherited[name] for name in REGION if inherited.get(name)]
    if named or not own:
        return dict.fromkeys(REGION, region) if region else {}
    return {name: inherited.get(name) or own[0] for name in REGION}
