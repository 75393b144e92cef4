"""Vault becomes the MFA device of an IAM user, or nothing has happened: there is no state between the two that stays."""

from __future__ import annotations

import base64
import io
import json
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import boto3
import pyotp
import pytest
import segno

from tests.integration.consumer.ptys import on_a_terminal
from tests.integration.strict_aws import Refused
from vault_aws_kit import clock, errors
from vault_aws_kit import vault as transport

PRODUCER = Path(sys.executable).parent / "producer"


def is_write(action: str) -> bool:
    return action.partition(":")[2].startswith(("Create", "Enable", "Deactivate", "Delete"))


# ── enrolling ───────────────────────────────────────────────────────────────────────────────────


def test_aws_gives_a_session_for_the_code_that_vault_gives(mfa, there, vault, strict_aws, user, mount):
    done = mfa("enroll", user, "--format", "json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["code_path"] == f"{mount}/code/{user}"
    assert there.devices() == [told["serial"]]
    code = vault.read(told["code_path"])["data"]["code"]
    assert pyotp.TOTP(strict_aws.devices[told["serial"]].totp.secret).verify(code, valid_window=1)
    strict_aws.forget_used(told["serial"])
    key = boto3.client("iam").create_access_key(UserName=user)["AccessKey"]
    sts = boto3.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert sts.get_session_token(SerialNumber=told["serial"], TokenCode=code)["Credentials"]["SessionToken"]


def test_the_key_says_whose_it_is_and_is_one_that_aws_would_have_made(mfa, there, vault, user, mount):
    mfa("enroll", user)
    found = vault.read(f"{mount}/keys/{user}")["data"]
    assert found == {
        "account_name": there.devices()[0], "issuer": "Amazon Web Services", "algorithm": "SHA1", "digits": 6, "period": 30,
    }  # fmt: skip


def test_who_is_enrolled_already_is_left_alone(mfa, there, strict_aws, sent, user):
    mfa("enroll", user)
    before = there.devices()
    sent.clear()
    strict_aws.asked.clear()
    again = mfa("enroll", user)
    assert again.code == 0
    assert "nothing to do" in again.out
    assert [request for request in sent if request.operation in ("update", "delete")] == []
    assert [action for action in strict_aws.asked if is_write(action)] == []
    assert there.devices() == before


@pytest.mark.parametrize("loss", ["the device", "the key"])
def test_who_has_only_half_of_it_is_enrolled_anew_and_the_other_half_goes(mfa, there, vault, user, mount, loss):
    mfa("enroll", user)
    (old,) = there.devices()
    if loss == "the device":
        there.iam.deactivate_mfa_device(UserName=user, SerialNumber=old)
    else:
        vault.delete(f"{mount}/keys/{user}")
    assert "enrolled" in mfa("enroll", user).out
    assert there.devices() == there.every_device() != [old]
    assert there.works()


def test_a_key_that_was_put_there_by_hand_is_refused_and_kept(mfa, there, vault, user, mount):
    vault.sys.enable_secrets_engine("totp", path=mount)
    vault.write(f"{mount}/keys/{user}", key="JBSWY3DPEHPK3PXP", issuer="Acme", account_name="x")
    refused = mfa("enroll", user)
    assert refused.code == errors.NotOurs.exit_code
    assert "--name" in refused.err
    assert vault.read(f"{mount}/keys/{user}")["data"]["issuer"] == "Acme"
    assert there.every_device() == []
    assert mfa("enroll", user, "--name", f"{user}.aws").code == 0
    assert mfa("unenroll", user, "--yes").code == errors.NotOurs.exit_code
    assert sorted(there.keys()) == [user, f"{user}.aws"]


def test_a_mount_of_another_type_is_refused(mfa, there, vault, user, mount):
    vault.sys.enable_secrets_engine("kv", path=mount)
    refused = mfa("enroll", user)
    assert refused.code == errors.WrongMountType.exit_code
    assert there.every_device() == []


def test_a_user_whom_iam_does_not_know_is_named_before_anything_is_made(mfa, there, vault, mount):
    refused = mfa("enroll", "nobody-of-that-name")
    assert refused.code == errors.IamUserUnknown.exit_code
    assert "nobody-of-that-name" in refused.err
    assert f"{mount}/" not in vault.sys.list_mounted_secrets_engines()["data"]


def test_a_users_name_is_taken_without_path_or_arn(mfa, user):
    refused = mfa("enroll", f"arn:aws:iam::123456789012:user/ops/{user}")
    assert refused.code == errors.USAGE
    assert "without path and ARN" in refused.err


def test_a_name_that_vault_would_not_take_is_changed_and_told(mfa, vault, aws, unique, mount):
    name = f"{unique}+ci=x,y@acme"
    aws.client("iam").create_user(UserName=name)
    told = json.loads(mfa("enroll", name, "--format", "json").out)
    assert re.fullmatch(rf"{mount}/code/{unique}_ci_x_y@acme-[0-9a-f]{{8}}", told["code_path"])
    assert len(vault.read(told["code_path"])["data"]["code"]) == 6
    assert mfa("unenroll", name, "--yes").code == 0


def test_a_user_with_another_device_gets_one_more_only_when_that_is_meant(mfa, there, user):
    serial = there.iam.create_virtual_mfa_device(VirtualMFADeviceName=f"phone-{user}")["VirtualMFADevice"][
        "SerialNumber"
    ]
    seed = there.strict_aws.devices[serial].totp.secret
    codes = [pyotp.TOTP(seed).at(time.time() + off) for off in (-30, 0)]
    there.iam.enable_mfa_device(
        UserName=user, SerialNumber=serial, AuthenticationCode1=codes[0], AuthenticationCode2=codes[1]
    )
    refused = mfa("enroll", user)
    assert refused.code == errors.MfaDevicesInTheWay.exit_code
    assert serial in refused.err
    assert "--additional" in refused.err
    assert there.keys() == []
    assert mfa("enroll", user, "--additional").code == 0
    assert len(there.devices()) == 2
    assert there.works()
    mfa("rotate", user)
    mfa("unenroll", user, "--yes")
    assert there.devices() == [serial]


def test_another_vaults_device_is_never_taken_for_a_leftover(mfa, there, user, mount):
    mfa("enroll", user)
    mfa("enroll", user, "--additional", "--totp-mount", f"{mount}-b")
    assert mfa("rotate", user, "--totp-mount", f"{mount}-b").code == 0
    assert mfa("unenroll", user, "--yes", "--totp-mount", f"{mount}-b").code == 0
    assert len(there.every_device()) == 1
    assert there.works()


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("action", ["CreateVirtualMFADevice", "EnableMFADevice"])
def test_what_aws_refuses_leaves_nothing_behind(mfa, there, strict_aws, user, action):
    strict_aws.denied.add(f"iam:{action}")
    refused = mfa("enroll", user)
    assert refused.code == errors.AwsRefused.exit_code
    assert f"iam:{action}" in refused.err
    assert there.nothing()


@pytest.mark.parametrize(
    "error", [errors.VaultUnreachable("Vault doesn't answer: the connection was cut."), KeyboardInterrupt()]
)
@pytest.mark.parametrize("place", ["sys/policies/acl/", "/keys/"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_write_to_vault_that_fails_or_whose_answer_is_lost_leaves_nothing_behind(
    mfa, there, user, monkeypatch, error, place, when
):
    send = transport.Vault._send

    def cut(self, request, wrap_ttl=""):
        if request.operation != "update" or place not in request.path:
            return send(self, request, wrap_ttl)
        if when == "after":
            send(self, request, wrap_ttl)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(transport.Vault, "_send", cut)
        failed = mfa("enroll", user)
    assert failed.code == (errors.INTERRUPTED if isinstance(error, KeyboardInterrupt) else 30)
    assert "taken back" in failed.err
    assert there.nothing()


def test_what_can_not_be_taken_back_is_told_and_the_next_run_cleans_it_up(mfa, there, strict_aws, user):
    strict_aws.denied |= {"iam:EnableMFADevice", "iam:DeactivateMFADevice"}
    failed = mfa("enroll", user)
    (left,) = there.every_device()
    assert f"could not be taken back: the MFA device {left}" in failed.err
    assert f"producer mfa enroll {user}" in failed.err
    assert there.keys() == []
    strict_aws.denied.clear()
    assert mfa("enroll", user).code == 0
    assert there.every_device() == there.devices() != [left]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_whoever_stops_it_stops_it_cleanly(there, strict_aws, environ, user, mount, number):
    reached, go_on = threading.Event(), threading.Event()

    def hold(call):
        if call.action == "iam:EnableMFADevice":
            reached.set()
            go_on.wait(60)
            raise Refused("ServiceFailure", "late", 400)

    strict_aws.before = hold
    with subprocess.Popen(
        [PRODUCER, "mfa", "enroll", user, "--totp-mount", mount], env=environ, stderr=subprocess.PIPE, text=True
    ) as process:
        assert reached.wait(60)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
        go_on.set()
    assert process.returncode == errors.INTERRUPTED
    assert "taken back" in said
    assert there.nothing()


def test_codes_that_aws_does_not_take_yet_are_tried_again_in_the_next_period(mfa, there, strict_aws, user, monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    refusals = iter([Refused("InvalidAuthenticationCode", "Authentication code for device is not valid.")] * 2)

    def refuse(call):
        if call.action == "iam:EnableMFADevice" and (refusal := next(refusals, None)):
            raise refusal

    strict_aws.before = refuse
    done = mfa("enroll", user)
    assert done.code == 0, done.err
    assert len(waits) == 2
    assert all(0 < wait <= 31 for wait in waits)
    assert "trying again in" in done.err
    assert there.works()


def test_codes_that_aws_never_takes_leave_nothing_behind(mfa, there, strict_aws, user, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)

    def refuse(call):
        if call.action == "iam:EnableMFADevice":
            raise Refused("InvalidAuthenticationCode", "Authentication code for device is not valid.")

    strict_aws.before = refuse
    failed = mfa("enroll", user)
    assert failed.code == errors.AwsRefused.exit_code
    assert "InvalidAuthenticationCode" in failed.err
    assert there.nothing()


def test_a_vault_whose_clock_is_wrong_is_told_by_how_much_before_aws_sees_a_code(mfa, there, strict_aws, user):
    strict_aws.ahead = timedelta(seconds=100)
    refused = mfa("enroll", user)
    assert refused.code == errors.CodesDiffer.exit_code
    assert re.search(r"clock is about (90|120) s behind AWS's", refused.err)
    assert "iam:EnableMFADevice" not in strict_aws.asked
    assert there.nothing()


def test_a_clock_here_that_is_wrong_is_no_matter(mfa, there, user, monkeypatch):
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() - timedelta(minutes=3))
    assert mfa("enroll", user).code == 0
    assert there.works()


def test_a_seed_that_vault_did_not_keep_is_found_out_before_the_device_is_enabled(
    mfa, there, between, strict_aws, user
):
    between.written = lambda path, body: (
        json.dumps({**json.loads(body), "key": pyotp.random_base32()}).encode() if "/keys/" in path else body
    )
    refused = mfa("enroll", user)
    assert refused.code == errors.CodesDiffer.exit_code
    assert "iam:EnableMFADevice" not in strict_aws.asked
    assert there.nothing()


def test_two_at_once_leave_codes_that_are_good_and_the_next_run_leaves_one_device(mfa, there, environ, user, mount):
    argv = [PRODUCER, "mfa", "enroll", user, "--totp-mount", mount]
    both = [subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in both]
    assert 0 in [process.returncode for process in both], said
    assert there.works()
    assert mfa("enroll", user).code == 0
    assert len(there.every_device()) == 1
    assert there.works()


def test_killed_anywhere_it_converges(mfa, there, killed, user):
    """Kill before each write in turn: the first attempt after that finishes the work."""
    survived = 0
    while killed(survived, "enroll", user):
        survived += 1
        done = mfa("enroll", user)
        assert done.code == 0, done.err
        assert there.devices() == there.every_device()
        assert len(there.devices()) == 1
        assert there.keys() == [user]
        assert there.works()
        assert mfa("unenroll", user, "--yes").code == 0
    assert survived >= 3
    assert "nothing to do" in mfa("enroll", user).out


def test_killed_anywhere_unenroll_leaves_nothing(mfa, there, killed, user):
    survived = 0
    while killed(survived, "enroll", user):
        survived += 1
        mfa("unenroll", user, "--yes")
        assert there.nothing()
    assert survived >= 3
    survived = 0
    while killed(survived, "unenroll", user, "--yes"):
        survived += 1
    assert survived >= 3
    assert there.nothing()


# ── rotating ────────────────────────────────────────────────────────────────────────────────────


def test_a_rotation_gives_another_device_and_another_seed(mfa, there, strict_aws, user):
    mfa("enroll", user)
    (old,) = there.devices()
    seed = strict_aws.devices[old].totp.secret
    assert "rotated" in mfa("rotate", user).out
    (new,) = there.every_device()
    assert new != old
    assert strict_aws.devices[new].totp.secret != seed
    assert there.keys() == [user]
    assert there.works()


def test_who_is_not_enrolled_can_not_be_rotated(mfa, there, user):
    refused = mfa("rotate", user)
    assert refused.code == errors.NotEnrolled.exit_code
    assert f"producer mfa enroll {user}" in refused.err


def test_killed_anywhere_a_rotation_leaves_codes_that_are_good_and_the_next_one_cleans_up(mfa, there, killed, user):
    mfa("enroll", user)
    survived = 0
    while killed(survived, "rotate", user):
        survived += 1
        assert there.works()
        again = mfa(*(("rotate", user) if survived % 2 else ("enroll", user)))
        assert again.code == 0, again.err
        assert there.devices() == there.every_device()
        assert len(there.devices()) == 1
        assert there.keys() == [user]
        assert there.works()
    assert survived >= 6


@pytest.mark.parametrize("action", ["CreateVirtualMFADevice", "EnableMFADevice"])
def test_a_rotation_that_aws_refuses_leaves_the_old_device_as_it_was(mfa, there, strict_aws, user, action):
    mfa("enroll", user)
    before = there.devices()
    strict_aws.denied.add(f"iam:{action}")
    assert mfa("rotate", user).code == errors.AwsRefused.exit_code
    assert there.devices() == there.every_device() == before
    assert there.keys() == [user]
    assert there.works()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_rotation_whose_write_is_lost_goes_by_what_vault_holds(mfa, there, user, monkeypatch, when):
    mfa("enroll", user)
    (old,) = there.devices()
    send = transport.Vault._send

    def cut(self, request, wrap_ttl=""):
        if request.operation != "update" or not request.path.endswith(f"/keys/{user}"):
            return send(self, request, wrap_ttl)
        if when == "after":
            send(self, request, wrap_ttl)
        raise errors.VaultUnreachable("Vault doesn't answer: the connection was cut.")

    with monkeypatch.context() as patch:
        patch.setattr(transport.Vault, "_send", cut)
        assert mfa("rotate", user).code == errors.VaultUnreachable.exit_code
    assert there.works()
    assert old in there.devices()
    assert mfa("enroll", user).code == 0
    assert (there.devices() == [old]) == (when == "before")
    assert there.works()


# ── unenrolling ─────────────────────────────────────────────────────────────────────────────────


def test_unenrolling_asks_first_and_names_what_goes(mfa, there, user, mount):
    mfa("enroll", user)
    (serial,) = there.devices()
    stopped = mfa("unenroll", user)
    assert stopped.code == errors.Declined.exit_code
    assert f"- MFA device {serial}" in stopped.err
    assert f"- Vault's key {mount}/keys/{user}" in stopped.err
    assert there.works()
    assert "unenrolled" in mfa("unenroll", user, "--yes").out
    assert there.nothing()
    assert "nothing to do" in mfa("unenroll", user).out


def test_who_is_guarded_is_warned_of_what_the_loss_of_the_only_device_means(mfa, there, user):
    there.iam.create_group(GroupName=f"guard-{user}", Path="/vault-aws-kit/")
    there.iam.add_user_to_group(GroupName=f"guard-{user}", UserName=user)
    mfa("enroll", user)
    assert f"{user} is in guard-{user}: without a device no write is open" in mfa("unenroll", user).err


def test_a_device_whose_engine_is_gone_is_named_as_what_stays(mfa, there, vault, user, mount):
    mfa("enroll", user)
    (serial,) = there.devices()
    vault.sys.disable_secrets_engine(mount)
    gone = mfa("unenroll", user, "--yes")
    assert f"{serial} stays" in gone.err
    assert "deactivate-mfa-device" in gone.err
    assert there.devices() == [serial]


def test_what_is_left_of_a_user_who_is_gone_goes_too(mfa, there, user, monkeypatch):
    mfa("enroll", user)
    (serial,) = there.devices()
    there.iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
    there.iam.delete_user(UserName=user)
    monkeypatch.delenv("AWS_ENDPOINT_URL_IAM")
    assert mfa("unenroll", user, "--yes").code == 0
    assert there.every_device() == there.keys() == there.policies() == []


# ── the seed ────────────────────────────────────────────────────────────────────────────────────


def test_no_seed_is_said_logged_or_kept_in_a_file(mfa, there, strict_aws, user, caplog, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    for logger in ("", "botocore"):
        caplog.set_level("DEBUG", logger=logger)
    seeds = []
    create = strict_aws.knows
    monkeypatch.setattr(
        strict_aws, "knows", lambda serial, seed, *more: seeds.append(seed) or create(serial, seed, *more)
    )
    runs = [mfa("enroll", user), mfa("enroll", user, "--format", "json"), mfa("rotate", user)]
    strict_aws.denied.add("iam:EnableMFADevice")
    runs.append(mfa("rotate", user))
    runs.append(mfa("unenroll", user, "--yes"))
    assert len(seeds) == 3
    seeds += [base64.b64encode(seed.encode()).decode() for seed in seeds]  # as it stands in AWS's answer
    written = "".join(path.read_text(errors="replace") for path in home.rglob("*") if path.is_file())
    said = "".join(run.out + run.err for run in runs) + caplog.text + written
    assert "EnableMFADevice" in said, "the log is the whole one"
    assert [seed for seed in seeds if seed in said] == []


def test_a_persons_second_device_is_shown_on_a_terminal_alone_and_only_for_as_long_as_she_looks(
    there, environ, user, mount
):
    asked = [str(PRODUCER), "mfa", "enroll", user, "--totp-mount", mount, "--export-qr"]
    with on_a_terminal(asked, environ, size=(60, 120)) as screen:
        shown = screen.wait_for("Press Enter when done.")
        screen.type("\n")
        gone = screen.wait_for("\x1b[?1049l")
        code, out = screen.end()
    assert code == 0
    assert f"{user}: enrolled." in out
    seed = there.strict_aws.devices[there.devices()[0]].totp.secret
    aws = "Amazon%20Web%20Services"
    wanted = io.StringIO()
    uri = f"otpauth://totp/{aws}:{user}@123456789012?secret={seed}&issuer={aws}"
    segno.make(uri, error="l", micro=False).terminal(out=wanted, compact=True)
    assert wanted.getvalue() in shown.replace("\r", "").partition("\x1b[?1049h")[2]
    assert "\x1b[J" in gone
    assert seed not in shown + out


def test_ctrl_c_ends_the_look_at_the_seed_and_takes_nothing_back(there, environ, user, mount):
    asked = [str(PRODUCER), "mfa", "enroll", user, "--totp-mount", mount, "--export-qr"]
    with on_a_terminal(asked, environ, size=(60, 120)) as screen:
        screen.wait_for("Press Enter when done.")
        screen.type("\x03")
        code, out = screen.end()
    assert code == 0
    assert f"{user}: enrolled." in out
    assert "Stopping" not in out
    assert len(there.devices()) == 1


def test_no_seed_is_exported_where_no_person_is(mfa, there, user):
    refused = mfa("enroll", user, "--export-qr")
    assert refused.code == errors.USAGE
    assert "needs a terminal" in refused.err
    assert there.nothing()
