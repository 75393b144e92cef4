"""What becomes of that which the spec no longer has."""

from __future__ import annotations

import pytest

from producer.diff import Action, Plan
from producer.owned import Mark, claims, settled
from producer.pipeline import levels
from producer.prune import Prune, left_over, prune_actions
from producer.resources import KINDS
from producer.resources.acl_policy import AclPolicy
from producer.resources.approle import AppRole
from producer.resources.auth_config import AuthConfig
from producer.resources.aws_login_role import AwsLoginRole
from producer.resources.aws_role import AwsRole
from producer.resources.catalog_entry import CatalogEntry
from producer.resources.cert_role import CertRole
from producer.resources.jwt_role import JwtRole
from producer.resources.kubernetes_role import KubernetesRole
from producer.resources.lease_config import LeaseConfig
from producer.resources.member import LdapMember, UserpassUser
from producer.resources.mount import AuthMount, AwsMount, CatalogMount
from producer.resources.root_config import RootConfig
from producer.resources.static_role import StaticRole

ROLE = AwsRole("team/aws", "web", "iam_user")
POLICY = AclPolicy("vak-prod-web", "")
EVERY_KIND = [
    CatalogMount("catalog", "kv"),
    AwsMount("team/aws", "aws"),
    AuthMount("approle", "approle"),
    RootConfig("team/aws", ""),
    LeaseConfig("team/aws", 0, 0),
    ROLE,
    POLICY,
    AuthConfig("team/jwt"),
    AppRole("team/approle", "vak-prod-web", "", 0, 0),
    JwtRole("team/jwt", "vak-prod-web", "", 0, 0),
    KubernetesRole("k8s", "vak-prod-web.ci", "", 0, 0),
    AwsLoginRole("aws", "vak-prod-web", "", 0, 0),
    CertRole("cert", "vak-prod-web", "", 0, 0),
    UserpassUser("userpass", "users", "ann", ""),
    LdapMember("team/ldap", "groups", "ops", ""),
    CatalogEntry("catalog", "data/teams/web", ""),
    StaticRole("team/aws", "ci", "", 0),
]


@pytest.mark.parametrize("resource", EVERY_KIND, ids=lambda resource: resource.kind)
def test_every_kind_is_found_again_by_its_path(resource):
    again = KINDS[resource.kind].at(resource.path)
    assert (again.path, again.source, again.removal()) == (resource.path, resource.source, resource.removal())


def test_the_list_of_kinds_above_is_complete():
    assert {resource.kind for resource in EVERY_KIND} == set(KINDS)


def verbs(found, *, elsewhere=frozenset(), mark=Mark("x"), resource=ROLE):  # noqa: B008 - frozen
    actions = prune_actions([resource], {resource.key: found}, {resource.key: mark}, elsewhere, Prune())
    return [action.verb for action in actions]


def test_what_is_there_and_only_ours_is_deleted():
    assert verbs({}) == ["delete"]


def test_what_is_gone_is_forgotten():
    assert verbs(None) == ["forget"]


def test_what_another_spec_owns_too_is_forgotten_and_stays():
    assert verbs({}, elsewhere=frozenset({ROLE.key})) == ["forget"]


def test_what_goes_with_its_mount_is_forgotten():
    assert verbs({}, resource=LeaseConfig("aws", 1, 1)) == ["forget"]


def test_what_is_protected_is_never_deleted():
    assert verbs({}, mark=Mark("x", protect=True)) == []


def test_only_what_is_ours_and_not_wanted_is_left_over():
    assert [r.key for r in left_over({ROLE.key: Mark(), POLICY.key: Mark()}, {POLICY.key})] == [ROLE.key]


def test_deletions_come_after_all_writes_and_in_the_opposite_order():
    actions = [Action("delete", resource, {}) for resource in EVERY_KIND] + [Action("create", POLICY, None)]
    order = [group[0].resource.kind for group in levels(actions)]
    assert order[0] == "acl-policy"
    for kind, made in KINDS.items():
        for needed in made.after:
            assert order.index(kind, 1) < order.index(needed, 1)


def test_revoking_leases_comes_before_the_role_is_deleted():
    (action,) = prune_actions([ROLE], {ROLE.key: {}}, {ROLE.key: Mark()}, {}, Prune(revoke_leases=True))
    assert [request.path for request in action.requests] == [
        "sys/leases/revoke-prefix/team/aws/creds/web",
        "sys/leases/revoke-prefix/team/aws/sts/web",
        "team/aws/roles/web",
    ]


def test_the_record_names_what_will_be_made_before_it_is_made():
    plan = Plan(
        "prod", (Action("create", ROLE, None), Action("keep", EVERY_KIND[0], {})), protect=frozenset({ROLE.key})
    )
    claimed = claims({}, plan)
    assert claimed == {ROLE.key: Mark("", protect=True)}


def test_the_record_afterwards_knows_what_failed_and_forgets_what_is_gone():
    plan = Plan(
        "prod", (Action("create", ROLE, None), Action("create", POLICY, None), Action("delete", EVERY_KIND[7], {}))
    )
    claimed = {**claims({}, plan), EVERY_KIND[7].key: Mark("x")}
    after = settled(claimed, plan, frozenset({POLICY.key}))
    assert after.keys() == {ROLE.key, POLICY.key}
    assert after[ROLE.key].digest
    assert not after[POLICY.key].digest
