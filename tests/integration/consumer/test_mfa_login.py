"""A session by a key and a code: which device, which code, and what AWS says of the wrong ones."""

from __future__ import annotations

import io
import json
import re
import sys
from datetime import timedelta

import pytest

from consumer.codes import from_vault
from vault_aws_kit import clock, errors, totp

from .people import enrol


@pytest.fixture
def typed(monkeypatch):
    """What stands on standard input."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


# ── the device ──────────────────────────────────────────────────────────────────────────────────


def test_the_users_only_device_is_found_and_its_session_lives_for_twelve_hours(as_person, session, strict_aws):
    found = session(strict_aws.code(as_person.serial))
    assert found["access_key_id"] == strict_aws.sessions[-1].access_key_id
    assert (strict_aws.sessions[-1].owner, strict_aws.sessions[-1].mfa) == (as_person.arn, True)
    assert strict_aws.sessions[-1].seconds == 12 * 3600
    assert found["type"] == "mfa_session"
    assert clock.moment(found["expires"]) > clock.now() + timedelta(hours=11)


def test_who_names_the_device_needs_no_permission_but_the_session(as_person, session, strict_aws):
    strict_aws.denied = {"iam:ListMFADevices", "sts:GetCallerIdentity"}
    session(strict_aws.code(as_person.serial), "--serial", as_person.serial)
    assert strict_aws.asked == ["sts:GetSessionToken"]


def test_no_device_is_said(as_person, mfa, aws, strict_aws):
    aws.client("iam").deactivate_mfa_device(UserName=as_person.name, SerialNumber=as_person.serial)
    run = mfa("login", "123456")
    assert run.code == errors.DeviceUnknown.exit_code
    assert f"{as_person.arn} has no MFA device" in run.err
    assert "producer mfa enroll" in run.err


def test_of_two_devices_one_must_be_named(as_person, mfa, session, aws, strict_aws, unique_name):
    other, _ = enrol(aws.client("iam"), strict_aws, as_person.name, unique_name())
    run = mfa("login", "123456")
    assert run.code == errors.DeviceUnknown.exit_code
    assert f"--serial {as_person.serial}" in run.err
    assert f"--serial {other}" in run.err
    assert session(strict_aws.code(other), "--serial", other)


def test_a_security_key_is_named_as_having_no_codes(as_person, mfa, aws, strict_aws):
    aws.client("iam").deactivate_mfa_device(UserName=as_person.name, SerialNumber=as_person.serial)
    key = f"arn:aws:iam::123456789012:u2f/user/{as_person.name}/default-ABC"
    strict_aws.knows(key, as_person.seed, as_person.arn)
    for argv in ([], ["--serial", key]):
        run = mfa("login", "123456", *argv)
        assert run.code == errors.DeviceUnknown.exit_code
        assert f"has {key} for MFA: a security key has no codes" in run.err


def test_a_security_key_besides_the_device_stands_in_nobodys_way(as_person, session, strict_aws):
    key = f"arn:aws:iam::123456789012:u2f/user/{as_person.name}/default-ABC"
    strict_aws.knows(key, as_person.seed, as_person.arn)
    assert session(strict_aws.code(as_person.serial))


@pytest.mark.parametrize("serial", ["me", "arn:aws:iam::123456789012:mfa/my own", "arn:aws:iam::123456789012:mfa/mé"])
def test_what_is_no_serial_number_is_sent_to_nobody(as_person, mfa, strict_aws, serial, tmp_path, monkeypatch):
    run = mfa("login", "123456", "--serial", serial)
    assert (run.code, strict_aws.asked) == (errors.USAGE, [])
    key = f"aws_access_key_id = {as_person.access_key_id}\naws_secret_access_key = {as_person.secret}\n"
    (tmp_path / "config").write_text(f"[profile odd]\nmfa_serial = {serial}\n{key}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    run = mfa("login", "123456", "--profile", "odd")
    assert (run.code, strict_aws.asked) == (errors.DeviceUnknown.exit_code, [])
    assert "no MFA device's serial number" in run.err


def test_another_users_device_is_told_from_ones_own(as_person, mfa, aws, strict_aws, unique_name):
    other = unique_name()
    iam = aws.client("iam")
    iam.create_user(UserName=other)
    serial, _ = enrol(iam, strict_aws, other, other)
    run = mfa("login", strict_aws.code(serial), "--serial", serial)
    assert run.code == errors.DeviceUnknown.exit_code
    assert f"{serial} is no MFA device of {as_person.arn}" in run.err
    assert f"That user has {as_person.serial}" in run.err


def test_who_may_not_list_devices_is_told_to_name_it(as_person, mfa, strict_aws):
    strict_aws.denied = {"iam:ListMFADevices"}
    run = mfa("login", "123456")
    assert run.code == errors.DeviceUnknown.exit_code
    assert "AWS refuses iam:ListMFADevices" in run.err
    assert "--serial" in run.err


# ── root, sessions, durations ───────────────────────────────────────────────────────────────────


@pytest.fixture
def root(as_person, strict_aws):
    strict_aws.is_root(as_person.access_key_id)
    strict_aws.knows("arn:aws:iam::123456789012:mfa/root", as_person.seed, "arn:aws:iam::123456789012:root")
    return "arn:aws:iam::123456789012:mfa/root"


def test_the_root_user_gets_one_hour(root, session, strict_aws):
    session(strict_aws.code(root))
    assert strict_aws.sessions[-1].seconds == 3600


def test_the_root_user_gets_no_more_than_one_hour(root, mfa, strict_aws):
    run = mfa("login", strict_aws.code(root), "--duration", "2h")
    assert run.code == errors.ParameterNotForRole.exit_code
    assert "1h at most, not of 2h" in run.err
    assert strict_aws.sessions == []


def test_a_duration_is_asked_for(as_person, session, strict_aws):
    session(strict_aws.code(as_person.serial), "--duration", "36h")
    assert strict_aws.sessions[-1].seconds == 129600


def test_a_session_can_not_ask_for_a_session(as_person, mfa, strict_aws, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    run = mfa("login", "123456")
    assert run.code == errors.TemporaryAwsCredentials.exit_code
    assert "temporary" in run.err
    assert "--profile" in run.err
    assert strict_aws.asked == []


def test_without_a_key_nothing_is_asked(mfa, consumer_home, strict_aws):
    run = mfa("login", "123456")
    assert run.code == errors.NoAwsCredentials.exit_code
    assert strict_aws.asked == []


# ── codes ───────────────────────────────────────────────────────────────────────────────────────


def test_a_code_comes_from_standard_input(as_person, session, strict_aws, typed):
    typed(f"{strict_aws.code(as_person.serial)}\n")
    assert session()


def test_a_wrong_code_is_refused_and_never_told(as_person, mfa, strict_aws):
    wrong = f"{(int(strict_aws.code(as_person.serial)) + 1) % 1000000:06}"
    run = mfa("login", wrong)
    assert run.code == errors.CodeRefused.exit_code
    assert f"AWS refuses the code of {as_person.serial}: it is wrong, or was used already" in run.err
    assert "clock" not in run.err.partition("\n")[0]
    assert wrong not in run.err


def test_a_code_is_good_once(as_person, mfa, session, strict_aws):
    code = strict_aws.code(as_person.serial)
    session(code)
    assert mfa("login", code, "--no-cache").code == errors.CodeRefused.exit_code


@pytest.mark.parametrize(("ahead", "told"), [(100, "behind"), (-100, "ahead of")])
def test_a_clock_that_is_wrong_is_told_by_how_much(as_person, mfa, strict_aws, ahead, told):
    here = strict_aws.code(as_person.serial)  # as a device makes it that goes by the clock here
    strict_aws.ahead = timedelta(seconds=ahead)
    run = mfa("login", here)
    assert run.code == errors.CodeRefused.exit_code
    assert re.search(rf"This machine's clock is 1m(39|40|41)s {told} AWS's", run.err)


@pytest.mark.parametrize("named", [True, False])
def test_a_clock_that_is_too_wrong_for_any_request_is_told_by_how_much(as_person, mfa, strict_aws, named):
    strict_aws.ahead = timedelta(minutes=20)
    run = mfa("login", "123456", *(["--serial", as_person.serial] if named else []))
    assert run.code == errors.AwsRefused.exit_code
    assert "SignatureDoesNotMatch" in run.err
    assert re.search(r"This machine's clock is (20m|20m1s|19m59s) behind AWS's", run.err)


def test_codes_come_from_vault(as_person, session, strict_aws, vaults_codes):
    assert session("--code-from", vaults_codes)
    assert strict_aws.sessions[-1].owner == as_person.arn


def test_a_used_code_of_vaults_waits_for_the_next_one(
    as_person, session, strict_aws, admin, person, vaults_codes, monkeypatch
):
    """With a key that shows each code for a second: nobody waits for AWS's half minute."""
    mount, _, name = vaults_codes.removeprefix("vault:").split("/")
    admin.delete(f"{mount}/keys/{name}")
    admin.write(f"{mount}/keys/{name}", {"key": person.seed, "period": 1, "issuer": "AWS", "account_name": name})
    strict_aws.period, strict_aws.window = 1, 20
    strict_aws.knows(person.serial, person.seed, person.arn)
    monkeypatch.setattr(totp, "left", lambda _: totp.MARGIN)
    used = totp.read(admin, totp.parse(vaults_codes))
    assert strict_aws.devices[person.serial].use(used, strict_aws.now(), 20)
    monkeypatch.setattr(from_vault.totp, "read", _first(used, totp.read))
    assert session("--code-from", vaults_codes)
    assert strict_aws.asked.count("sts:GetSessionToken") == 2


def _first(code, really):
    """As if Vault were asked in the same moment as before."""
    answers = [code]
    return lambda *asked: answers.pop() if answers else really(*asked)


def test_vaults_clock_is_told_where_it_spoils_the_codes(as_person, mfa, strict_aws, vaults_codes):
    strict_aws.ahead = timedelta(minutes=3)
    run = mfa("login", "--code-from", vaults_codes)
    assert run.code == errors.CodeRefused.exit_code
    assert "Vault's clock is" in run.err
    assert "behind AWS's" in run.err


# ── kept sessions ───────────────────────────────────────────────────────────────────────────────


def test_a_kept_session_is_given_without_a_code_and_without_asking_anybody(as_person, session, strict_aws):
    first = session(strict_aws.code(as_person.serial))
    strict_aws.asked.clear()
    assert session("--no-prompt") == first
    assert session("--serial", as_person.serial) == first
    assert strict_aws.asked == []


def test_what_is_kept_can_be_read_with_the_secret_key_alone(
    as_person, session, mfa, strict_aws, monkeypatch, consumer_home
):
    first = session(strict_aws.code(as_person.serial))
    kept = [path.read_text() for path in (consumer_home / ".cache").rglob("*.json")]
    assert len(kept) == 1
    assert all(first[name] not in kept[0] for name in ("access_key_id", "secret_access_key", "session_token"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    assert mfa("login", "--no-prompt").code == errors.CodeNeeded.exit_code


def test_a_session_that_ends_soon_is_given_where_nobody_can_be_asked(as_person, session, mfa, strict_aws, later):
    first = session(strict_aws.code(as_person.serial), "--duration", "15m")
    later(timedelta(minutes=14))
    run = mfa("login", "--no-prompt", "--duration", "15m", "--format", "json")
    assert json.loads(run.out) == first
    assert "nobody here to ask" in run.err


def test_who_can_not_be_asked_is_told_the_command_that_logs_in(as_person, mfa):
    run = mfa("login", "--no-prompt", "--duration", "1h")
    assert run.code == errors.CodeNeeded.exit_code
    assert "consumer mfa login --duration 1h" in run.err
