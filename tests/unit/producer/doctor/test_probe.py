"""Whom the probe asks, and what an answer means."""

from __future__ import annotations

import pytest

from producer.doctor.probe import Target, judge_answer, judge_refusal, judge_sessions, targets_of, why_not
from producer.freeze import Frozen
from producer.spec import Role
from vault_aws_kit.errors import NotAllowed, VaultFailed, VaultUnreachable
from vault_aws_kit.vault import Answer

ARNS = ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b")
NET = Role("net", "main", "assumed_role", role_arns=ARNS[:1])
APP = Role("app", "main", "iam_user")
OLD = Role("old", "main", "static", username="robot", rotation_period=3600)
KEYS = {"access_key": "AKIAX", "secret_key": "hush"}


def asked(role):
    return [(one.request.operation, one.request.path, one.request.body) for one in targets_of(role, "aws")]


def test_sessions_are_asked_for_at_their_shortest_and_each_of_several_aws_roles_by_name():
    assert asked(NET) == [("update", "aws/creds/net", {"ttl": "900s"})]
    both = Role("net", "main", "assumed_role", role_arns=ARNS)
    assert asked(both) == [("update", "aws/creds/net", {"ttl": "900s", "role_arn": arn}) for arn in ARNS]


def test_keys_are_read_where_they_are():
    assert asked(APP) == [("read", "aws/creds/app", None)]
    assert asked(OLD) == [("read", "aws/static-creds/old", None)]


def test_nothing_is_asked_for_twice():
    assert not any(one.request.repeatable for role in (NET, APP, OLD) for one in targets_of(role, "aws"))


@pytest.mark.parametrize(
    ("role", "mount", "what", "sign"),
    [
        (APP, "", (), "not there"),
        (APP, "aws", ("role", "aws/roles/app"), "frozen"),
        (OLD, "aws", ("role", "aws/static-roles/old"), "frozen"),
        (APP, "aws", ("all", ""), "frozen"),
        (Role("mfa", "main", "session_token", mfa_serial_number="arn:aws:iam::1:mfa/x"), "aws", (), "code"),
    ],
)
def test_what_must_not_or_cannot_be_asked_for_is_left_and_said(role, mount, what, sign):
    freeze = (Frozen(*what, "2026-01-01T00:00:00Z", "somebody"),) if what else ()
    finding = why_not(role, mount, freeze)
    assert finding.severity == "skipped"
    assert sign in finding.reason


def test_a_freeze_of_something_else_keeps_nothing_from_being_asked_for():
    freeze = (Frozen("role", "aws/roles/other", "", ""), Frozen("team", "app", "", ""))
    assert why_not(APP, "aws", freeze) is None


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (("Error assuming role: AccessDenied: User: arn:aws:iam::1:user/v is not authorized to perform: sts:AssumeRole on "
         "resource: arn:aws:iam::2:role/net\n\tstatus code: 403, request id: 0b-1"), "`producer trust --role main/net`"),
        (("operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: "
         "User: arn:aws:iam::1:user/v is not authorized to perform: sts:AssumeRole on resource: x because no "
         "identity-based policy allows the sts:AssumeRole action"), "`producer bootstrap`"),
        ("AccessDenied: User: u is not authorized to perform: sts:TagSession on resource: x", "sts:TagSession"),
        (("ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
         "chaining"), "default: 1h"),
        ("ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
         "MaxSessionDuration"),
        ("error creating IAM user: AccessDenied: User: u is not authorized to perform: iam:CreateUser", "bootstrap"),
        ("InvalidClientTokenId: The security token included in the request is invalid.", "another"),
        ("SignatureDoesNotMatch: Signature expired: 2026 is now earlier than 2027", "NTP"),
        ("Error attaching user policy: NoSuchEntity: Policy x does not exist", "correct the spec"),
        ("LimitExceeded: Cannot exceed quota for UsersPerAccount: 5000", "quota"),
        ("NoCredentialProviders: no valid providers in chain", "gives it a key"),
        ("could not obtain sts client", "gives it a key"),
        ('Role "later" not found', "`producer setup`"),
    ],
)  # fmt: skip
def test_each_refusal_is_told_in_the_fields_words_with_what_to_do(said, remedy):
    finding = judge_refusal(
        Target(NET, "aws"), VaultFailed(f"Vault failed: {said}", said=f"1 error occurred:\n\t* {said}")
    )
    assert finding.severity == "error"
    assert said.partition("\n")[0].rstrip(".") in finding.reason
    assert "request id" not in finding.reason
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("said", "begun"),
    [("Error creating IAM user: LimitExceeded: x", False), ("Error attaching user policy: NoSuchEntity: x", True)],
)
def test_a_user_that_vault_had_begun_is_told_of(said, begun):
    finding = judge_refusal(Target(APP, "aws"), VaultFailed("Vault failed", said=said))
    assert ("Vault deletes the IAM user" in finding.reason) is begun


def test_a_token_that_may_not_is_told_what_policy_it_needs():
    assert "`producer acl --probe`" in judge_refusal(Target(APP, "aws"), NotAllowed("The token lacks read.")).remedy


def test_an_answer_that_got_lost_may_have_been_credentials():
    assert "ends by itself" in judge_refusal(Target(APP, "aws"), VaultUnreachable("Vault doesn't answer.")).reason


def test_of_an_answer_nothing_is_told_but_that_there_were_credentials():
    for role in (NET, APP, OLD):
        finding = judge_answer(Target(role, "aws"), Answer(KEYS))
        assert finding.severity == "ok"
        assert not any(value in str(finding) for value in KEYS.values())
    assert judge_answer(Target(APP, "aws"), Answer({})).severity == "error"
    assert judge_answer(Target(APP, "aws"), None).severity == "error"


def test_only_sessions_live_on():
    assert list(judge_sessions([Target(APP, "aws"), Target(OLD, "aws")])) == []
    (note,) = judge_sessions([Target(APP, "aws"), Target(NET, "aws")])
    assert (note.severity, "1 that were made" in note.reason) == ("info", True)
