"""Comparing what should be with what is."""

from __future__ import annotations

import pytest

from producer.diff import Plan, diff
from producer.owned import Mark, fingerprint
from producer.resources.acl_policy import AclPolicy
from producer.resources.aws_role import AwsRole
from producer.resources.mount import AuthMount
from vault_aws_kit.errors import NotOurs

POLICY = AclPolicy("vak-prod-web", 'path "a" {}')
KEY = (POLICY.kind, POLICY.path)


OURS = {KEY: Mark(fingerprint(POLICY.body()))}


def action(observed, owned=None, resource=POLICY, **options):
    (found,) = diff([resource], {resource.key: observed}, owned or {}, **options)
    return found


def verbs(*args, **options):
    return [action(*args, **options).verb]


def test_what_is_not_there_is_created():
    assert verbs(None) == ["create"]


def test_what_is_ours_and_equal_is_kept():
    assert verbs(POLICY.body(), OURS) == ["keep"]


def test_what_is_ours_and_differs_is_updated():
    assert verbs({"policy": "other"}, OURS) == ["update"]


def test_what_is_equal_but_not_ours_is_claimed_and_counts_as_a_change():
    claim = action(POLICY.body())
    assert claim.verb == "claim"
    assert Plan("prod", (claim,)).changes == (claim,)
    assert not claim.requests


@pytest.mark.parametrize(("protect", "reason"), [(True, "protected"), (False, "unprotected")])
def test_protection_that_is_not_recorded_so_is_a_change_of_the_record_alone(protect, reason):
    owned = {KEY: Mark(fingerprint(POLICY.body()), protect=not protect)}
    found = action(POLICY.body(), owned, protect={KEY} if protect else set())
    assert (found.verb, found.reasons, found.requests) == ("claim", (reason,), ())
    assert action({"policy": "other"}, owned, protect={KEY} if protect else set()).reasons == ("drift", reason)
    assert action(POLICY.body(), owned, protect=set() if protect else {KEY}).verb == "keep"


def test_what_differs_and_is_not_ours_is_refused_by_name_and_field():
    with pytest.raises(NotOurs) as refused:
        diff([POLICY], {KEY: {"policy": "other"}}, {})
    assert "acl-policy sys/policies/acl/vak-prod-web differs in policy" in refused.value.message
    assert "--take-over" in refused.value.hint


def test_the_spec_that_made_what_is_not_ours_is_named():
    with pytest.raises(NotOurs) as refused:
        diff([POLICY], {KEY: {"policy": "other"}}, {}, owners=lambda: {KEY: "staging"})
    assert "vak-prod-web (made from spec 'staging') differs" in refused.value.message


def test_what_differs_and_is_not_ours_is_updated_on_take_over():
    assert verbs({"policy": "other"}, take_over=True) == ["update"]


def test_an_auth_mount_that_is_there_belongs_to_others_and_is_left_alone():
    assert verbs({"type": "approle"}, resource=AuthMount("approle", "approle")) == ["keep"]


def test_a_plan_without_changes_is_false():
    assert not Plan("prod", (action(POLICY.body(), OURS),))


@pytest.mark.parametrize(
    ("before", "recorded", "reasons"),
    [
        (None, None, ("new",)),
        (None, "", ("unfinished",)),
        (None, POLICY.hcl, ("drift",)),
        ("old", "old", ("spec",)),
        ("edited", POLICY.hcl, ("drift",)),
        ("edited", "old", ("spec", "drift")),
        ("edited", "", ("unfinished",)),
    ],
)
def test_a_plan_says_whether_the_spec_or_vault_was_changed(before, recorded, reasons):
    digest = fingerprint({"policy": recorded}) if recorded else ""
    owned = {} if recorded is None else {KEY: Mark(digest)}
    assert action(before and {"policy": before}, owned).reasons == reasons


@pytest.mark.parametrize(
    ("field", "server_says"),
    [
        ("policy_document", '{ "Statement": [], "Version": "2012-10-17" }'),
        ("policy_arns", ["arn:aws:iam::aws:policy/B", "arn:aws:iam::aws:policy/A"]),
        ("iam_groups", None),
        ("iam_tags", None),
        ("session_tags", None),
        ("default_sts_ttl", None),
        ("external_id", None),
    ],
)
def test_servers_may_spell_a_role_in_their_own_way(field, server_says):
    role = AwsRole(
        "aws",
        "web",
        "assumed_role",
        policy_document='{"Version":"2012-10-17","Statement":[]}',
        policy_arns=("arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"),
    )
    assert role.normalise({**role.body(), field: server_says}) == role.body()


@pytest.mark.parametrize("field", ["policy_document", "iam_groups", "session_tags", "max_sts_ttl", "user_path"])
def test_a_field_that_was_left_behind_in_a_role_is_seen(field):
    role = AwsRole("aws", "web", "assumed_role")
    left_behind = {
        "policy_document": "{}", "iam_groups": ["admins"], "session_tags": {"a": "b"}, "max_sts_ttl": 900,
        "user_path": "/x/",
    }  # fmt: skip
    assert role.normalise({**role.body(), field: left_behind[field]}) != role.body()
