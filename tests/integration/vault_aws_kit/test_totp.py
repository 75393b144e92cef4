"""Codes of Vault's TOTP engine, checked by what AWS would check them with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp
import pytest

from vault_aws_kit import totp
from vault_aws_kit.errors import CodeUnavailable, NotAllowed
from vault_aws_kit.totp import Place
from vault_aws_kit.vault import Vault

NEVER = 10**9  # seconds: the next such period begins in 2033


@pytest.fixture
def mount(admin, unique):
    admin.write(f"sys/mounts/{unique}", {"type": "totp"})
    yield unique
    admin.delete(f"sys/mounts/{unique}")


@dataclass(frozen=True)
class Enrolled:
    """A user of IAM whose device's seed is in Vault alone."""

    place: Place
    serial: str
    sts: Any

    def session(self, code: str) -> dict:
        return self.sts.get_session_token(SerialNumber=self.serial, TokenCode=code)["Credentials"]


@pytest.fixture
def enrolled(admin, aws, mount, strict_aws, unique) -> Enrolled:
    iam = aws.client("iam")
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=unique)["VirtualMFADevice"]
    serial, seed = device["SerialNumber"], device["Base32StringSeed"].decode()
    admin.write(f"{mount}/keys/{unique}", {"key": seed, "issuer": "AWS", "account_name": unique})
    codes = {"AuthenticationCode1": strict_aws.code(serial, -2), "AuthenticationCode2": strict_aws.code(serial, -1)}
    iam.enable_mfa_device(UserName=unique, SerialNumber=serial, **codes)
    return Enrolled(Place(mount, unique), serial, aws.client("sts", key["AccessKeyId"], key["SecretAccessKey"]))


def test_a_code_of_vaults_opens_a_session_once(admin, enrolled, strict_aws):
    code = totp.read(admin, enrolled.place)
    assert enrolled.session(code)["AccessKeyId"].startswith("ASIA")
    assert strict_aws.sessions[-1].mfa
    with pytest.raises(Exception, match=r"AccessDenied.*invalid MFA one time pass code"):
        enrolled.session(code)


@pytest.fixture
def key(admin, mount, monkeypatch) -> Callable[[int], Place]:
    """Makes a key with a period of its own, in seconds; nobody waits for the end of AWS's."""
    monkeypatch.setattr(totp, "left", lambda _: totp.MARGIN)

    def make(period: int) -> Place:
        body = {"key": pyotp.random_base32(), "period": period, "issuer": "AWS", "account_name": "a"}
        admin.write(f"{mount}/keys/k", body)
        return Place(mount, "k")

    return make


def test_the_next_code_is_waited_for(admin, key):
    place = key(1)
    used = totp.read(admin, place)
    assert totp.after(admin, place, used) != used


def test_nothing_is_waited_for_where_there_is_another_code_already(admin, key):
    place, said = key(NEVER), []
    assert totp.after(admin, place, "", said.append) == totp.read(admin, place)
    assert said == []


def test_a_code_that_never_changes_is_not_waited_for_forever(admin, key, monkeypatch):
    place, said = key(NEVER), []
    monkeypatch.setattr(totp, "PERIOD", 0)
    with pytest.raises(CodeUnavailable, match="same code"):
        totp.after(admin, place, totp.read(admin, place), said.append)
    assert "the next one comes in 1 s" in said[0]


def test_a_key_that_is_not_there_is_named(admin, mount):
    with pytest.raises(CodeUnavailable, match=f"at {mount} has no key 'nobody'"):
        totp.read(admin, Place(mount, "nobody"))


def test_a_mount_that_is_not_there_is_named(admin, unique):
    with pytest.raises(CodeUnavailable, match=f"no TOTP engine at {unique}"):
        totp.read(admin, Place(unique, "alice"))


def test_codes_that_aws_takes_none_of_are_refused(admin, mount):
    admin.write(f"{mount}/keys/k", {"key": pyotp.random_base32(), "digits": 8, "issuer": "AWS", "account_name": "a"})
    with pytest.raises(CodeUnavailable, match="6 digits"):
        totp.read(admin, Place(mount, "k"))


def test_a_token_that_may_not_read_codes_is_told_what_it_lacks(admin, mount, unique):
    token = admin.write("auth/token/create", {"policies": ["default"], "no_parent": True}).auth["client_token"]
    with Vault(admin.settings, token) as vault, pytest.raises(NotAllowed, match=f"`read` on {mount}/code/{unique}"):
        totp.read(vault, Place(mount, unique))
