"""A user of IAM with a key and an MFA device, and the environment of somebody who has that key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Person:
    """`seed` is her device's, in base32."""

    name: str
    arn: str
    access_key_id: str
    secret: str
    serial: str
    seed: str


@pytest.fixture
def person(aws, strict_aws, unique) -> Person:
    iam = aws.client("iam")
    arn = iam.create_user(UserName=unique)["User"]["Arn"]
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    serial, seed = enrol(iam, strict_aws, unique, unique)
    strict_aws.asked.clear()
    return Person(unique, arn, key["AccessKeyId"], key["SecretAccessKey"], serial, seed)


def enrol(iam: Any, strict_aws: Any, user: str, name: str) -> tuple[str, str]:
    """Give a user a device more; its serial number and its seed."""
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    serial = device["SerialNumber"]
    codes = {"AuthenticationCode1": strict_aws.code(serial, -3), "AuthenticationCode2": strict_aws.code(serial, -2)}
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **codes)
    return serial, device["Base32StringSeed"].decode()


@pytest.fixture
def as_person(person, consumer_home, monkeypatch) -> Person:
    """The environment of somebody who has her key in it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", person.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", person.secret)
    return person


@pytest.fixture
def mfa(consumer) -> Callable[..., Any]:
    """Runs `consumer mfa …`."""
    return lambda *argv: consumer("mfa", *argv, catalog=False)


@pytest.fixture
def session(mfa) -> Callable[..., dict[str, Any]]:
    """Runs `consumer mfa login --format json` and gives the parsed result."""

    def run(*argv: str) -> dict[str, Any]:
        done = mfa("login", *argv, "--format", "json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    return run


@pytest.fixture
def place(admin, person, unique) -> str:
    """Where Vault gives her codes to whoever has the policy `codes-UNIQUE`."""
    mount = f"totp-{unique}"
    admin.write(f"sys/mounts/{mount}", {"type": "totp"})
    admin.write(f"{mount}/keys/{person.name}", {"key": person.seed, "issuer": "AWS", "account_name": person.name})
    policy = f'path "{mount}/code/{person.name}" {{ capabilities = ["read"] }}'
    admin.write(f"sys/policies/acl/codes-{unique}", {"policy": policy})
    yield f"vault:{mount}/code/{person.name}"
    admin.delete(f"sys/mounts/{mount}")


@pytest.fixture
def vaults_codes(place, admin, unique, consumer_home, monkeypatch) -> str:
    """The place, for somebody whose token may read it and nothing else."""
    made = admin.write("auth/token/create", {"policies": [f"codes-{unique}"], "no_parent": True})
    monkeypatch.setenv("VAULT_TOKEN", made.auth["client_token"])
    return place
