"""A key that `producer mfa enroll` wrote says which device it is of, and nobody has to name it."""

from __future__ import annotations

import pytest

from tests.integration.strict_aws import WRONG_CODE, Refused
from vault_aws_kit.errors import CodeUnavailable


@pytest.fixture
def enrolled(as_person, admin, aws, strict_aws, unique, stack, monkeypatch):
    """A device more of the person's, in Vault as `enroll` puts it there: its serial number, and where its codes are."""
    iam = aws.client("iam")
    made = iam.create_virtual_mfa_device(Path="/vault-aws-kit/", VirtualMFADeviceName=unique)["VirtualMFADevice"]
    serial = made["SerialNumber"]
    codes = {"AuthenticationCode1": strict_aws.code(serial, -3), "AuthenticationCode2": strict_aws.code(serial, -2)}
    iam.enable_mfa_device(UserName=as_person.name, SerialNumber=serial, **codes)
    mount = f"totp-{unique}"
    admin.write(f"sys/mounts/{mount}", {"type": "totp"})
    body = {"key": made["Base32StringSeed"].decode(), "issuer": "Amazon Web Services", "account_name": serial}
    admin.write(f"{mount}/keys/{unique}", body)
    monkeypatch.setenv("VAULT_TOKEN", stack.vault_token)
    strict_aws.asked.clear()
    yield serial, f"{mount}/code/{unique}"
    admin.delete(f"sys/mounts/{mount}")


def test_of_several_devices_the_one_that_the_codes_are_of_is_taken(enrolled, session, strict_aws):
    serial, path = enrolled
    assert session("--code-from", f"vault:{path}")["access_key_id"] == strict_aws.sessions[-1].access_key_id
    assert strict_aws.asked == ["sts:GetSessionToken"]
    assert strict_aws.devices[serial].last > 0


@pytest.mark.parametrize("where", ["vault:{mount}/code/nobody", "vault:no{mount}/code/{unique}"])
def test_a_place_without_codes_is_told_as_such_and_not_as_a_choice_of_devices(enrolled, mfa, unique, where):
    refused = mfa("login", "--code-from", where.format(mount=f"totp-{unique}", unique=unique))
    assert refused.code == CodeUnavailable.exit_code, refused.err
    assert "--serial" not in refused.err


def test_who_may_read_codes_alone_has_iam_asked_for_the_device(
    enrolled, mfa, admin, unique, as_person, aws, monkeypatch
):
    serial, path = enrolled
    admin.write(f"sys/policies/acl/codes-{unique}", {"policy": f'path "{path}" {{ capabilities = ["read"] }}'})
    token = admin.write("auth/token/create", {"policies": [f"codes-{unique}"]}).auth["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    refused = mfa("login", "--code-from", f"vault:{path}")
    assert f"--serial {serial}" in refused.err
    aws.client("iam").deactivate_mfa_device(UserName=as_person.name, SerialNumber=as_person.serial)
    assert mfa("login", "--code-from", f"vault:{path}").code == 0


@pytest.mark.parametrize("gone", [True, False], ids=["the old device is gone", "the old device is still there"])
def test_a_device_that_is_rotated_at_the_very_moment_stops_nobody(
    enrolled, session, admin, as_person, aws, strict_aws, unique, gone
):
    """The device has been looked up when another takes its place."""
    old, path = enrolled

    def rotate(call) -> None:
        strict_aws.before = lambda _: None
        iam = aws.client("iam")
        new = iam.create_virtual_mfa_device(Path="/vault-aws-kit/", VirtualMFADeviceName=f"{unique}-new")
        serial, seed = (new["VirtualMFADevice"][name] for name in ("SerialNumber", "Base32StringSeed"))
        codes = {"AuthenticationCode1": strict_aws.code(serial, -3), "AuthenticationCode2": strict_aws.code(serial, -2)}
        iam.enable_mfa_device(UserName=as_person.name, SerialNumber=serial, **codes)
        body = {"key": seed.decode(), "issuer": "Amazon Web Services", "account_name": serial}
        admin.write(path.replace("/code/", "/keys/"), body)
        if gone:
            iam.deactivate_mfa_device(UserName=as_person.name, SerialNumber=old)
        else:  # as where the code was read a moment later than the device
            raise Refused("AccessDenied", WRONG_CODE)

    strict_aws.before = rotate
    assert session("--code-from", f"vault:{path}")["access_key_id"] == strict_aws.sessions[-1].access_key_id
    assert strict_aws.devices[old].last < strict_aws.devices[max(strict_aws.devices, key=len)].last
