"""`producer mfa guard`, `add`, `remove`, `status`, `unguard`: in an account in which the policies bind."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from producer.iam_account import open_account
from producer.mfa_guard import apply as applying
from tests.integration.strict_aws import Refused
from vault_aws_kit import errors

from .conftest import become, delete_user
from .judge import ALL

PREFIX = "arn:aws:iam::{}:policy/vault-aws-kit/Require_MFA_{}_Write"
BUT = {"Version": "2012-10-17", "Statement": [*ALL["Statement"], {"Effect": "Deny", "Resource": "*"}]}


def all_but(*actions):
    """A policy that allows everything, and yet not these."""
    allow, deny = BUT["Statement"]
    return {**BUT, "Statement": [allow, {**deny, "Action": list(actions)}]}


def test_the_guard_is_made_once_and_unguard_puts_everything_back_as_it_was(mfa, everything, account):
    account.user("alice", ALL)
    before = everything()
    assert mfa("guard", "--yes").code == 0
    made = everything()
    group = f"arn:aws:iam::{account.account}:group/vault-aws-kit/RequireMFA"
    policies = sorted(PREFIX.format(account.account, name) for name in ("EC2", "IAM", "STS"))
    assert made["groups"] == {group: policies}
    assert sorted(made["policies"]) == policies
    assert mfa("add", "alice").code == 0
    again = mfa("guard", "--plan", "--detailed-exitcode")
    assert (again.code, again.out) == (0, "Nothing to change.\n")
    done = mfa("unguard", "--yes")
    assert done.code == 0, done.err
    assert everything() == before


def test_a_plan_says_what_would_be_made_and_makes_nothing(mfa, everything):
    before = everything()
    shown = mfa("guard", "--services", "s3,kms", "--plan", "--detailed-exitcode", "--format", "json")
    assert shown.code == errors.CHANGES
    assert [one["kind"] for one in json.loads(shown.out)["changes"]] == [
        *["iam-policy"] * 2,
        "iam-group",
        *["attachment"] * 2,
    ]
    assert "kms counts encrypting and decrypting as writes" in shown.err
    assert "Without sts" in shown.err
    assert mfa("guard").code == errors.Declined.exit_code
    assert everything() == before


def test_an_edited_policy_is_put_right_however_many_versions_it_has(mfa, account, everything):
    mfa("guard", "--yes")
    right = everything()
    arn = PREFIX.format(account.account, "STS")
    for _ in range(4):
        account.root.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(ALL), SetAsDefault=True)
    assert "Not as `producer mfa guard` would make it now: sts." in mfa("status").err
    done = mfa("guard", "--yes")
    assert done.code == 0, done.err
    assert everything() == right
    assert mfa("unguard", "--yes").code == 0
    assert everything()["policies"] == {}


def test_enrolment_by_users_themselves_is_switched_on_and_off_and_its_risk_said(mfa, account):
    arn = PREFIX.format(account.account, "IAM")

    def left_open():
        version = account.root.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return "NotResource" in json.dumps(
            account.root.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        )

    assert "a stolen key" in mfa("guard", "--enrolment", "self", "--yes").err
    assert left_open()
    assert "a stolen key" in mfa("status").err
    assert "a stolen key" not in mfa("guard", "--yes").err
    assert not left_open()


def test_what_others_gave_the_group_stays_with_the_group_and_its_members(mfa, account, everything):
    mfa("guard", "--yes")
    account.user("alice")
    mfa("add", "alice")
    foreign = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    account.root.attach_group_policy(GroupName="RequireMFA", PolicyArn=foreign)
    assert mfa("guard", "--yes").code == 0
    assert f"The group also has {foreign}" in mfa("status").err
    done = mfa("unguard", "--yes")
    assert "stays, and so do its members" in done.out
    left = everything()
    assert list(left["groups"].values()) == [[foreign]]
    assert left["users"]["alice"] == ["RequireMFA"]
    assert left["policies"] == {}
    assert mfa("unguard").code == 0  # there is nothing left to ask about


@pytest.mark.parametrize("kind", ["group", "policy", "policy beside ours"])
def test_what_others_made_under_the_guards_names_is_refused(mfa, account, everything, kind):
    if kind == "group":
        account.root.create_group(GroupName="RequireMFA")
    elif kind == "policy":
        account.root.create_policy(PolicyName="Require_MFA_EC2_Write", PolicyDocument=json.dumps(ALL))
    else:
        place = {"Path": "/vault-aws-kit/", "PolicyDocument": json.dumps(ALL)}
        account.root.create_policy(PolicyName="require_mfa_ec2_write", **place)
    before = everything()
    refused = mfa("guard", "--yes")
    assert refused.code == errors.GuardTaken.exit_code
    assert "not made by the kit" in refused.err
    assert everything() == before


def test_a_policy_that_two_guards_share_ends_with_the_second(mfa, everything):
    mfa("guard", "--services", "ec2", "--yes")
    mfa("guard", "--services", "ec2", "--group", "Other", "--yes")
    mfa("unguard", "--yes")
    assert len(everything()["policies"]) == 1
    mfa("unguard", "--group", "Other", "--yes")
    assert (everything()["policies"], everything()["groups"]) == ({}, {})


class Killed(BaseException):
    """Stands for a process that is no more: nothing catches it."""


@pytest.fixture
def dying(monkeypatch, mfa):
    """Runs `producer mfa VERB`, which is killed before its second change; False if it ended before that."""
    real = dict(applying._DO)

    def run(*argv):
        count = iter(range(100))

        def deadly(do):
            def step(*given):
                if next(count):
                    raise Killed
                do(*given)

            return step

        with monkeypatch.context() as patch:
            patch.setattr(applying, "_DO", {kind: (action, deadly(do)) for kind, (action, do) in real.items()})
            try:
                assert mfa(*argv).code == 0
            except Killed:
                return True
        return False

    return run


def test_killed_after_every_single_change_the_next_run_goes_on(mfa, account, everything, dying):
    account.user("alice")
    before = everything()
    runs = [dying("guard", "--yes") for _ in range(7)]
    assert runs == [True] * 6 + [False]
    assert mfa("guard", "--plan", "--detailed-exitcode").code == 0
    mfa("add", "alice")
    runs = [dying("unguard", "--yes") for _ in range(8)]
    assert runs == [True] * 7 + [False]
    assert everything() == before


def test_users_come_under_it_and_go_without_a_question(mfa, account, everything):
    account.user("alice", path="/team/")
    account.user("bob")
    account.device("bob")
    mfa("guard", "--yes")
    done = mfa("add", "alice", "bob")
    assert done.code == 0, done.err
    assert "bob is under RequireMFA: writes to ec2, iam, sts need MFA.\n" in done.out
    assert "alice has no MFA device" in done.err
    assert "bob has no MFA device" not in done.err
    assert mfa("add", "alice").out == "alice was under RequireMFA already.\n"
    assert (
        mfa("remove", "alice", "bob").out
        == "alice is no longer under RequireMFA.\nbob is no longer under RequireMFA.\n"
    )
    assert mfa("remove", "bob").out == "bob was not under RequireMFA.\n"
    assert everything()["users"]["bob"] == []


def test_a_user_is_the_same_in_capitals(mfa, account, everything, monkeypatch):
    """IAM finds a user however the name's case is; the endpoint here doesn't."""
    account.user("alice")
    real = account.really
    monkeypatch.setattr(account, "really", lambda call, body: real(call, body.replace(b"ALICE", b"alice")))
    mfa("guard", "--yes")
    mfa("add", "alice")
    assert "ALICE was under RequireMFA already." in mfa("add", "ALICE").out
    assert "ALICE is no longer under RequireMFA." in mfa("remove", "ALICE").out
    assert everything()["users"]["alice"] == []


def test_no_user_is_moved_unless_all_of_them_exist(mfa, account, everything):
    account.user("alice")
    mfa("guard", "--yes")
    refused = mfa("add", "alice", "nobody", "nemo")
    assert refused.code == errors.IamUserUnknown.exit_code
    assert "'nobody', 'nemo'" in refused.err
    assert everything()["users"]["alice"] == []


@pytest.mark.parametrize("verb", ["add", "remove"])
def test_a_name_that_is_empty_is_nobody_and_said(mfa, account, verb):
    """As from a variable of a shell that was not set."""
    mfa("guard", "--yes")
    assert mfa(verb, "").code == errors.USAGE


def test_nobody_comes_under_a_guard_that_is_not_there(mfa, account):
    account.user("alice")
    assert mfa("add", "alice").code == errors.GuardMissing.exit_code


def test_status_tells_who_is_guarded_who_has_a_device_and_who_can_not_write(mfa, account):
    for name in ("alice", "bob", "carol", "vault-token-app-1700000000-AbCdEfGh"):
        account.user(name)
    serial = account.device("bob")
    mfa("guard", "--services", "ec2,sts", "--yes")
    mfa("add", "alice", "bob")
    found = json.loads(mfa("status", "--format", "json").out)
    assert {one["user"]: (one["guarded"], one["devices"]) for one in found["users"]} == {
        "admin": (False, []),
        "alice": (True, []),
        "bob": (True, [serial]),
        "carol": (False, []),
    }
    assert (found["services"], found["stuck"], found["outdated"]) == (["ec2", "sts"], ["alice"], [])
    shown = mfa("status")
    assert [line.split() for line in shown.out.splitlines()[1:4]] == [
        ["USER", "GUARDED", "DEVICES"],
        ["alice", "yes", "none"],
        ["bob", "yes", serial],
    ]
    assert "unable to write: alice." in shown.err


def test_services_that_are_none_and_those_that_only_read_are_refused(mfa):
    refused = mfa("guard", "--services", "ec2,s33")
    assert (refused.code, "Did you mean s3" in refused.err) == (errors.USAGE, True)
    refused = mfa("guard", "--services", "pricing")
    assert (refused.code, "no action that writes" in refused.err) == (errors.USAGE, True)
    assert mfa("guard", "--services", ",").code == errors.USAGE
    assert mfa("guard", "--group", "a/b").code == errors.USAGE


# ── who may do it, and who may undo it ───────────────────────────────────────────────────────────


def test_who_could_not_undo_the_guard_is_told_before_it_is_made(mfa, account, monkeypatch):
    become(account.user("weak", all_but("iam:DeletePolicy", "iam:DetachGroupPolicy"), path="/x/"), monkeypatch)
    shown = mfa("guard", "--plan")
    assert "You may not undo this: AWS allows you no iam:DeletePolicy, iam:DetachGroupPolicy." in shown.err


def test_who_could_not_take_users_out_again_is_told(mfa, account, monkeypatch):
    mfa("guard", "--yes")
    account.user("alice")
    become(account.user("weak", all_but("iam:RemoveUserFromGroup")), monkeypatch)
    assert "You may not take users out again: AWS allows you no iam:RemoveUserFromGroup." in mfa("add", "alice").err


def test_an_admin_who_may_is_told_nothing(mfa, account):
    account.user("alice")
    account.device("alice")
    assert mfa("guard", "--yes").err == "Done: 7 changes applied.\n"
    assert mfa("add", "alice").err == ""


def test_where_aws_may_not_be_asked_that_is_said_and_it_goes_on(mfa, account):
    account.lacks_simulation = True
    done = mfa("guard", "--yes")
    assert done.code == 0
    assert "Whether you may undo this is not known: AWS refuses iam:SimulatePrincipalPolicy" in done.err


def test_an_admin_who_comes_under_the_guard_is_told_and_then_needs_mfa_to_undo_it(mfa, account, monkeypatch):
    mfa("guard", "--yes")
    assert "You come under this guard yourself (admin)" in mfa("add", "admin").err
    refused = mfa("unguard", "--yes")
    assert refused.code == errors.AwsRefused.exit_code
    assert "take an MFA session first (`consumer mfa login`)" in refused.err
    serial = account.device("admin")
    sts = boto3.Session().client("sts")
    session = sts.get_session_token(SerialNumber=serial, TokenCode=account.code(serial))["Credentials"]
    for name, part in (
        ("ACCESS_KEY_ID", "AccessKeyId"),
        ("SECRET_ACCESS_KEY", "SecretAccessKey"),
        ("SESSION_TOKEN", "SessionToken"),
    ):
        monkeypatch.setenv(f"AWS_{name}", session[part])
    done = mfa("unguard", "--yes")
    assert done.code == 0, done.err


def test_a_run_that_lacks_a_permission_halfway_says_which_and_the_next_goes_on(mfa, account, everything):
    account.denied.add("iam:AttachGroupPolicy")
    refused = mfa("guard", "--yes")
    assert refused.code == errors.AwsRefused.exit_code
    assert "iam:AttachGroupPolicy" in refused.err
    account.denied.clear()
    assert mfa("guard", "--yes").code == 0
    assert mfa("guard", "--plan", "--detailed-exitcode").code == 0


# ── somebody else at work ────────────────────────────────────────────────────────────────────────


def on(account, action, do):
    """Somebody else does something just before the first request of this action is answered."""
    done = []

    def before(call):
        if call.action == action and not done:
            done.append(call)
            do()

    account.before = before


@pytest.mark.parametrize(
    ("action", "meanwhile"),
    [
        ("iam:CreateGroup", lambda iam: iam.create_group(GroupName="RequireMFA", Path="/vault-aws-kit/")),
        ("iam:AttachGroupPolicy", lambda iam: iam.delete_group(GroupName="RequireMFA")),
        (
            "iam:CreatePolicy",
            lambda iam: iam.create_policy(
                PolicyName="Require_MFA_EC2_Write", Path="/vault-aws-kit/", PolicyDocument=json.dumps(ALL)
            ),
        ),
    ],
)
def test_somebody_else_who_changes_the_guard_meanwhile_is_told_of_and_the_next_run_ends_it(
    mfa, account, everything, monkeypatch, action, meanwhile
):
    monkeypatch.setattr(applying, "PAUSES", ())
    on(account, action, lambda: meanwhile(account.root))
    stopped = mfa("guard", "--yes")
    assert stopped.code == errors.PlanStale.exit_code, stopped.err
    assert "Somebody else is changing this guard" in stopped.err
    assert mfa("guard", "--yes").code == 0
    assert mfa("guard", "--plan", "--detailed-exitcode").code == 0


def test_iam_that_knows_only_later_what_it_was_told_is_waited_for(mfa, account, monkeypatch):
    monkeypatch.setattr(applying, "PAUSES", (0.0, 0.0))
    late = iter(range(2))

    def before(call):
        if call.action == "iam:AttachGroupPolicy" and next(late, None) is not None:
            raise Refused("NoSuchEntity", "The group with name RequireMFA cannot be found.", 404)

    account.before = before
    done = mfa("guard", "--yes")
    assert done.code == 0, done.err
    assert account.asked.count("iam:AttachGroupPolicy") == 5


def test_a_user_who_is_deleted_while_being_put_under_it_is_told_of(mfa, account):
    account.user("alice")
    mfa("guard", "--yes")
    on(account, "iam:AddUserToGroup", lambda: delete_user(account.root, "alice"))
    assert mfa("add", "alice").code == errors.PlanStale.exit_code


def test_devices_of_a_user_who_is_gone_are_none(account, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL_IAM")
    assert open_account().mfa_devices("nobody") == ()


def test_the_judge_in_front_binds_users_by_their_groups(account, mfa, monkeypatch):
    mfa("guard", "--yes")
    key = account.user("alice", ALL)
    mfa("add", "alice")
    become(key, monkeypatch)
    iam = boto3.Session().client("iam")
    with pytest.raises(ClientError, match="explicit deny"):
        iam.create_user(UserName="evil")
    assert iam.list_users()["Users"]
