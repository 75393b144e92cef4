"""Starting AWS: the process, and an administrator in it whose access key Vault's engine works with."""

from __future__ import annotations

import json
import os
import ssl
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

from devstack import environment
from devstack.folder import Folder
from devstack.processes import start
from devstack.waiting import wait

REGION = "us-east-1"
ADMIN = "vault-root"
DEADLINE = 60  # seconds: a cold disk reads all of moto
PROXY = Path(__file__).with_name("proxy.py")
_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Endpoint:
    """Where AWS is: an HTTPS proxy, and the CA that vouches for it."""

    proxy: str
    ca: Path


@dataclass(frozen=True)
class Key:
    """An access key."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def launch(folder: Folder) -> Endpoint:
    """Start the process, and wait until it answers."""
    place, log = folder.path / "aws", folder.log("aws")
    place.mkdir(mode=0o700)
    process = start("aws", [sys.executable, "-P", str(PROXY), str(place)], _environ(place), log)
    folder.add(process)
    port = place / "port"
    wait("The AWS endpoint", port.exists, process, log, DEADLINE)
    return Endpoint(f"http://127.0.0.1:{port.read_text()}", place / "ca.crt")


def _environ(home: Path) -> dict[str, str]:
    return {
        **environment.without_foreign(os.environ),
        "HOME": str(home),
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "PYTHONUNBUFFERED": "1",
    }


def make_admin(endpoint: Endpoint) -> Key:
    """An IAM user who may do everything, and a key of hers: engines rotate and delete keys of real users only."""
    _iam(endpoint, Action="CreateUser", UserName=ADMIN)
    _iam(endpoint, Action="PutUserPolicy", UserName=ADMIN, PolicyName="everything", PolicyDocument=json.dumps(_POLICY))
    made = _iam(endpoint, Action="CreateAccessKey", UserName=ADMIN)
    return Key(_text(made, "AccessKeyId"), _text(made, "SecretAccessKey"))


def _iam(endpoint: Endpoint, **query: str) -> str:
    """Ask IAM in its own protocol: boto3 would read the caller's profiles, and takes half a second to import."""
    opener = build_opener(
        ProxyHandler({"https": endpoint.proxy}),
        HTTPSHandler(context=ssl.create_default_context(cafile=str(endpoint.ca))),
    )
    body = urlencode({"Version": "2010-05-08", **query}).encode()
    with opener.open("https://iam.amazonaws.com/", body, timeout=DEADLINE) as answer:
        return str(answer.read().decode())


def _text(xml: str, element: str) -> str:
    """The text of an element. The answer is moto's, and its values hold nothing that XML escapes."""
    return xml.partition(f"<{element}>")[2].partition("<")[0]
