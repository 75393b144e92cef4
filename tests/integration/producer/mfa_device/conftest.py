"""An IAM user of the test's own, AWS that checks codes, and `producer mfa` run as a person would."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from producer.cli import main
from producer.mfa_device import bystanders
from tests.integration.producer.conftest import Killed, Run
from vault_aws_kit import vault as transport

BYSTANDERS = bystanders.policies
AWS_WRITES = ("Create", "Enable", "Deactivate", "Delete", "Put", "Attach", "Tag")


@pytest.fixture
def user(aws, unique) -> str:
    """An IAM user with a path."""
    aws.client("iam").create_user(UserName=unique, Path="/ops/")
    return unique


@pytest.fixture
def mount(unique) -> str:
    return f"totp-{unique}"


@pytest.fixture
def mfa(as_admin, strict_aws, mount, capfd, monkeypatch) -> Callable[..., Run]:
    """Runs `producer mfa VERB USER …` on a TOTP mount of the test's own.

    Who else may read the codes is looked for in the test of that alone: the other tests' policies are hundreds.
    """
    monkeypatch.setattr(bystanders, "policies", lambda _: [])

    def run(*argv: str) -> Run:
        capfd.readouterr()
        code = main(["mfa", *argv, *([] if "--totp-mount" in argv else ["--totp-mount", mount])])
        said = capfd.readouterr()
        return Run(code, said.out, said.err)

    return run


@dataclass(frozen=True)
class There:
    """What there is of a user's enrolment, in AWS and in Vault."""

    strict_aws: Any
    vault: Any
    user: str
    mount: str

    @cached_property
    def iam(self) -> Any:
        return boto3.client("iam")

    def devices(self) -> list[str]:
        """The serial numbers of the devices that the user has."""
        return [one["SerialNumber"] for one in self.iam.list_mfa_devices(UserName=self.user)["MFADevices"]]

    def every_device(self) -> list[str]:
        """Those too that nobody has."""
        pages = self.iam.get_paginator("list_virtual_mfa_devices").paginate()
        found = [one["SerialNumber"] for page in pages for one in page["VirtualMFADevices"]]
        return [serial for serial in found if f"/{self.user}-" in serial]

    def keys(self) -> list[str]:
        """The names of all keys in the engine."""
        found = self.vault.list(f"{self.mount}/keys") if f"{self.mount}/" in self._mounts() else None
        return found["data"]["keys"] if found else []

    def policies(self) -> list[str]:
        return [name for name in self.vault.sys.list_acl_policies()["data"]["keys"] if f".{self.mount}." in name]

    def nothing(self) -> bool:
        return (self.every_device(), self.keys(), self.policies()) == ([], [], [])

    def works(self) -> bool:
        """Whether Vault's code is at this moment that of a device that the user has."""
        code = self.vault.read(f"{self.mount}/code/{self.user}")["data"]["code"]
        shown = [self.strict_aws.code(serial, later) for serial in self.devices() for later in (-1, 0, 1)]
        return code in shown

    def _mounts(self) -> Any:
        return self.vault.sys.list_mounted_secrets_engines()["data"]


@pytest.fixture
def there(strict_aws, as_admin, vault, user, mount) -> There:
    return There(strict_aws, vault, user, mount)


@pytest.fixture
def killed(mfa, monkeypatch) -> Callable[..., bool]:
    """Runs `producer mfa` and kills it before one of its writes to Vault or AWS, counted from 0; False if it had ended."""

    def run(fatal: int, *argv: str) -> bool:
        with monkeypatch.context() as patch:
            _kill_before(fatal, patch)
            try:
                mfa(*argv)
            except Killed:
                return True
        return False

    return run


def _kill_before(fatal: int, patch: pytest.MonkeyPatch) -> None:
    send, call = transport.Vault._send, BaseClient._make_api_call
    writes = count()

    def to_vault(self: transport.Vault, request: transport.Request, wrap_ttl: str = "") -> Any:
        if request.operation in ("update", "delete") and next(writes) >= fatal:
            raise Killed
        return send(self, request, wrap_ttl)

    def to_aws(self: BaseClient, action: str, given: Any) -> Any:
        if action.startswith(AWS_WRITES) and next(writes) >= fatal:
            raise Killed
        return call(self, action, given)

    patch.setattr(transport.Vault, "_send", to_vault)
    patch.setattr(BaseClient, "_make_api_call", to_aws)


@pytest.fixture
def environ(as_admin, strict_aws) -> dict[str, str]:
    """The test's environment for a process of its own."""
    return dict(os.environ)
