"""`producer mfa verify`: what AWS says of a guard when it is asked, and when it is really called."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from producer.mfa_guard import actions
from producer.mfa_guard.compress import compress
from producer.mfa_guard.documents import ON_ONESELF
from tests.integration.consumer.ptys import on_a_terminal
from vault_aws_kit import errors

from .conftest import become
from .judge import ALL

READING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["ec2:*", "iam:Get*"], "Resource": "*"}],
}


def sample(service):
    """A write for each pattern of the policy."""
    return compress(actions.writes(service), actions.known(service))


def rows(out):
    """The table without its head, split."""
    return [[cell.strip() for cell in line.split("  ") if cell] for line in out.splitlines()[1:]]


@pytest.mark.parametrize("names_groups", [True, False])
def test_a_guard_is_judged_by_aws_itself(mfa, account, names_groups):
    account.names_groups = names_groups
    mfa("guard", "--yes")
    shown = mfa("verify")
    assert shown.code == 0, shown.err
    assert rows(shown.out) == [
        [service, "simulation", str(len(sample(service))), "denied", "allowed"] for service in ("ec2", "iam", "sts")
    ]


def test_every_action_is_asked_for_where_that_is_wanted(mfa):
    mfa("guard", "--services", "kms", "--yes")
    shown = mfa("verify", "--every-action")
    assert shown.code == 0, shown.err
    assert rows(shown.out) == [["kms", "simulation", str(len(actions.writes("kms"))), "denied", "allowed"]]


def test_a_guard_that_was_loosened_doesn_t_hold(mfa, account):
    mfa("guard", "--services", "sts,ec2", "--yes")
    arn = f"arn:aws:iam::{account.account}:policy/vault-aws-kit/Require_MFA_STS_Write"
    with_bool = account.root.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    with_bool["Statement"][0]["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    account.root.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(with_bool), SetAsDefault=True)
    shown = mfa("verify")
    assert shown.code == errors.GuardBroken.exit_code
    assert "without MFA, AWS allows" in shown.err
    assert "sts:AssumeRole" in shown.err
    count = len(sample("sts"))
    assert [row[3] for row in rows(shown.out)] == ["denied", f"{count} of {count} allowed"]


def test_a_user_is_open_before_and_held_after(mfa, account):
    mfa("guard", "--services", "ec2,sts", "--yes")
    account.user("alice", READING, path="/team/")
    before = mfa("verify", "--user", "alice", "--format", "json")
    assert before.code == errors.GuardBroken.exit_code
    assert json.loads(before.out)["holds"] is False
    mfa("add", "alice")
    after = mfa("verify", "--user", "alice", "--format", "json")
    assert after.code == 0, after.err
    found = json.loads(after.out)
    assert (found["holds"], found["principal"]) == (True, f"arn:aws:iam::{account.account}:user/team/alice")
    assert [(one["service"], one["open"], one["with_mfa"] == one["writes"]) for one in found["services"]] == [
        ("ec2", [], True),
        ("sts", [], False),  # nothing allows it to her
    ]


def test_what_is_open_to_users_who_enrol_alone_is_told_and_breaks_no_guard(mfa):
    mfa("guard", "--services", "iam", "--enrolment", "self", "--yes")
    shown = mfa("verify", "--every-action")
    assert (shown.code, "a stolen key gets round the guard" in shown.err) == (0, True)
    assert int(rows(shown.out)[0][2]) == len(actions.writes("iam")) - len(ON_ONESELF)


def test_a_service_that_is_not_guarded_is_open(mfa):
    mfa("guard", "--services", "ec2", "--yes")
    shown = mfa("verify", "--services", "ec2,kms")
    assert shown.code == errors.GuardBroken.exit_code
    assert [row[0] for row in rows(shown.out) if row[3] != "denied"] == ["kms"]


def test_whom_there_is_not_and_what_there_is_not_is_said(mfa):
    assert mfa("verify").code == errors.GuardMissing.exit_code
    mfa("guard", "--services", "sts", "--yes")
    assert mfa("verify", "--user", "nobody").code == errors.IamUserUnknown.exit_code


def test_where_aws_may_not_be_asked_the_other_way_is_told(mfa, account):
    mfa("guard", "--services", "sts", "--yes")
    account.lacks_simulation = True
    refused = mfa("verify")
    assert refused.code == errors.AwsRefused.exit_code
    assert "`producer mfa verify --calls`" in refused.err


# ── real calls ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def alice(mfa, account):
    """A user who may do everything, under a guard, with a device."""
    mfa("guard", "--yes")
    key = account.user("alice", ALL)
    account.device("alice")
    mfa("add", "alice")
    return key


@pytest.fixture
def session(account, monkeypatch, tmp_path):
    """Puts an MFA session of whoever is here into an AWS profile."""

    def make():
        sts = boto3.Session().client("sts")
        (serial,) = account.devices
        made = sts.get_session_token(SerialNumber=serial, TokenCode=account.code(serial))["Credentials"]
        path = tmp_path / "credentials"
        path.write_text(
            f"[with-mfa]\naws_access_key_id = {made['AccessKeyId']}\naws_secret_access_key = {made['SecretAccessKey']}\n"
            f"aws_session_token = {made['SessionToken']}\n"
        )
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))

    return make


def test_real_calls_are_denied_with_the_plain_key_and_allowed_with_mfa(mfa, alice, session, monkeypatch):
    become(alice, monkeypatch)
    session()
    shown = mfa("verify", "--calls", "--mfa-profile", "with-mfa")
    assert shown.code == 0, shown.err
    assert rows(shown.out) == [[service, "call", "1", "denied", "allowed"] for service in ("ec2", "iam")]


def test_real_calls_take_their_code_from_vault(mfa, alice, account, admin, unique, monkeypatch):
    (serial,) = account.devices
    admin.write(f"sys/mounts/{unique}", {"type": "totp"})
    seed = account.devices[serial].totp.secret
    admin.write(f"{unique}/keys/alice", {"key": seed, "issuer": "AWS", "account_name": "alice"})
    become(alice, monkeypatch)
    shown = mfa("verify", "--calls", "--code-from", f"vault:{unique}/code/alice", "--services", "ec2,s3")
    admin.delete(f"sys/mounts/{unique}")
    assert shown.code == 0, shown.err
    assert rows(shown.out) == [["ec2", "call", "1", "denied", "allowed"]]
    assert "No call of s3 is sure to change nothing: not tried." in shown.err


def test_of_several_devices_real_calls_take_the_one_that_vaults_codes_are_of(
    mfa, alice, account, admin, unique, monkeypatch
):
    serial = account.device("alice", "alice-2", "/vault-aws-kit/")
    admin.write(f"sys/mounts/{unique}", {"type": "totp"})
    body = {"key": account.devices[serial].totp.secret, "issuer": "Amazon Web Services", "account_name": serial}
    admin.write(f"{unique}/keys/alice", body)
    become(alice, monkeypatch)
    shown = mfa("verify", "--calls", "--code-from", f"vault:{unique}/code/alice", "--services", "ec2")
    admin.delete(f"sys/mounts/{unique}")
    assert rows(shown.out) == [["ec2", "call", "1", "denied", "allowed"]], shown.err


def test_no_log_has_the_session_that_a_guard_is_tried_with(mfa, alice, account, admin, unique, monkeypatch, caplog):
    (serial,) = account.devices
    admin.write(f"sys/mounts/{unique}", {"type": "totp"})
    admin.write(f"{unique}/keys/alice", {"key": account.devices[serial].totp.secret, "issuer": "AWS",
                                         "account_name": "alice"})  # fmt: skip
    become(alice, monkeypatch)
    caplog.set_level("DEBUG")
    caplog.set_level("DEBUG", "botocore")
    shown = mfa("verify", "--calls", "--code-from", f"vault:{unique}/code/alice", "--services", "ec2")
    admin.delete(f"sys/mounts/{unique}")
    assert shown.code == 0, shown.err
    assert "botocore" in caplog.text
    assert "<SecretAccessKey>" not in caplog.text


@pytest.mark.parametrize("typed", ["code", "nothing"])
def test_a_person_is_asked_for_the_code(alice, account, monkeypatch, typed):
    (serial,) = account.devices
    become(alice, monkeypatch)
    argv = [str(Path(sys.executable).with_name("producer")), "mfa", "verify", "--calls", "--services", "ec2"]
    with on_a_terminal(argv, dict(os.environ)) as person:
        person.wait_for(f"Code of {serial} (none: not tried with MFA)")
        person.type(f"{account.code(serial) if typed == 'code' else ''}\r")
        code, out = person.end()
    assert code == 0
    assert rows(out) == [["ec2", "call", "1", "denied", "allowed" if typed == "code" else "not tried"]]


def test_a_wrong_code_is_told_from_a_missing_right(mfa, alice, account, admin, unique, monkeypatch):
    admin.write(f"sys/mounts/{unique}", {"type": "totp"})
    admin.write(f"{unique}/keys/alice", {"key": "JBSWY3DPEHPK3PXP", "issuer": "AWS", "account_name": "alice"})
    become(alice, monkeypatch)
    refused = mfa("verify", "--calls", "--code-from", f"vault:{unique}/code/alice")
    admin.delete(f"sys/mounts/{unique}")
    assert refused.code == errors.CodeRefused.exit_code
    assert "A code is good once" in refused.err


def test_real_calls_show_that_nobody_is_bound_before_add(mfa, account, monkeypatch):
    become(account.user("bob", ALL), monkeypatch)
    shown = mfa("verify", "--calls")
    assert shown.code == errors.GuardBroken.exit_code
    assert rows(shown.out)[0] == ["ec2", "call", "1", "1 of 1 allowed", "not tried"]
    assert "Not tried with MFA" in shown.err


def test_real_calls_are_not_made_of_what_is_no_plain_key_or_of_another(mfa, alice, session, account, monkeypatch):
    become(alice, monkeypatch)
    session()
    refused = mfa("verify", "--calls", "--profile", "with-mfa")
    assert (refused.code, "needs the plain key" in refused.err) == (errors.USAGE, True)
    become(account.user("bob", ALL), monkeypatch)
    refused = mfa("verify", "--calls", "--mfa-profile", "with-mfa")
    assert refused.code == errors.AwsRefused.exit_code
    assert "Take both from one user." in refused.err
    assert mfa("verify", "--calls", "--user", "bob").code == errors.USAGE


def test_what_could_not_be_tried_holds_nothing(mfa, alice, monkeypatch):
    become(alice, monkeypatch)
    shown = mfa("verify", "--calls", "--services", "s3,kms", "--format", "json")
    assert shown.code == errors.GuardBroken.exit_code
    assert json.loads(shown.out)["holds"] is False
    assert "Nothing could be tried" in shown.err


def test_a_right_that_is_missing_is_no_guard(mfa, account, session, monkeypatch):
    become(account.user("bob"), monkeypatch)
    account.device("bob")
    session()
    shown = mfa("verify", "--calls", "--services", "ec2", "--mfa-profile", "with-mfa")
    assert rows(shown.out) == [["ec2", "call", "1", "denied", "denied"]]
    assert "this says nothing of a guard" in shown.err


def test_nothing_is_changed_by_real_calls(mfa, alice, everything, session, monkeypatch):
    become(alice, monkeypatch)
    session()
    before = everything()
    mfa("verify", "--calls", "--mfa-profile", "with-mfa")
    assert everything() == before
    assert boto3.Session().client("ec2").describe_key_pairs()["KeyPairs"] == []


def test_a_user_without_a_device_is_told(mfa, account, admin, unique, monkeypatch):
    admin.write(f"sys/mounts/{unique}", {"type": "totp"})
    admin.write(f"{unique}/keys/bob", {"key": "JBSWY3DPEHPK3PXP", "issuer": "AWS", "account_name": "bob"})
    become(account.user("bob", ALL), monkeypatch)
    refused = mfa("verify", "--calls", "--code-from", f"vault:{unique}/code/bob")
    admin.delete(f"sys/mounts/{unique}")
    assert (refused.code, "user/bob has no MFA device" in refused.err) == (errors.DeviceUnknown.exit_code, True)


def test_the_walk_through_from_dry_run_to_unauthorized_and_back(mfa, account, monkeypatch, session):
    """What docs/how-to/guard-aws-with-mfa.md tells."""
    key = account.user("alice", ALL)
    account.device("alice")
    admin = account.keys[0]

    def answered(profile=None):
        ec2 = boto3.Session(profile_name=profile).client("ec2")
        with pytest.raises(ClientError) as error:
            ec2.create_key_pair(KeyName="try", DryRun=True)
        return error.value.response["Error"]["Code"]

    def as_alice(look):
        become(key, monkeypatch)
        found = look()
        become(admin, monkeypatch)
        return found

    mfa("guard", "--yes")
    assert as_alice(answered) == "DryRunOperation"
    mfa("add", "alice")
    assert as_alice(answered) == "UnauthorizedOperation"
    as_alice(session)
    assert answered("with-mfa") == "DryRunOperation"
    mfa("remove", "alice")
    assert as_alice(answered) == "DryRunOperation"
    assert mfa("unguard", "--yes").code == 0


def test_codes_are_for_calls(mfa):
    assert mfa("verify", "--code-from", "vault:totp/code/bob").code == errors.USAGE
    assert mfa("verify", "--mfa-profile", "with-mfa").code == errors.USAGE
