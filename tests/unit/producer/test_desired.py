"""What a spec asks for."""

from __future__ import annotations

import hcl2
import pytest

from producer.desired import Desired, team_entry, team_policy
from producer.diff import diff
from producer.pipeline import levels
from producer.root import RootKey
from producer.spec import Engine, Lease, Login, Role, Root, Spec, Team
from producer.spec.lifetimes import longest_lease, longest_login_lease
from vault_aws_kit.contract import TeamEntry

ENGINE = Engine("main", "aws", "eu-west-1", Lease(900, 7200), Root())
STS = Role("net", "main", "assumed_role", role_arns=("arn:aws:iam::111122223333:role/net",), max_ttl=3600)
USER = Role("app", "main", "iam_user", policy_document="{}")
SPEC = Spec("prod", (ENGINE,), (STS, USER), (Team("web", ("main/net", "main/app"), (Login("approle", "approle"),)),))


def desired(spec=SPEC):
    return Desired(spec, {engine.name: RootKey("AKIAX", "secret") for engine in spec.engines}).resources()


def by_kind(kind):
    return [resource for resource in desired() if resource.kind == kind]


def test_every_kind_is_asked_for():
    assert {resource.kind for resource in desired()} == {
        "catalog-mount", "aws-mount", "auth-mount", "root-config", "lease-config", "role", "acl-policy", "approle",
        "catalog-entry",
    }  # fmt: skip


def test_a_teams_token_lives_as_long_as_the_longest_lease_of_its_roles():
    assert longest_login_lease(SPEC, SPEC.teams[0], SPEC.teams[0].logins[0]) == 7200
    (approle,) = by_kind("approle")
    assert approle.body()["token_ttl"] == 7200


def test_a_secret_id_lives_for_90_days():
    (approle,) = by_kind("approle")
    assert approle.body()["secret_id_ttl"] == 90 * 86400


def test_a_teams_token_carries_its_own_policy_and_not_default():
    (approle,) = by_kind("approle")
    assert approle.body()["token_policies"] == ["vak-prod-web"]
    assert approle.body()["token_no_default_policy"] is True


def test_the_mount_allows_the_longest_lease_and_no_more():
    assert longest_lease(SPEC, ENGINE) == 7200


def test_a_teams_policy_allows_its_credentials_its_catalog_entry_its_token_and_leases_and_nothing_else():
    paths = {
        path.strip('"'): sorted(c.strip('"') for c in rule["capabilities"])
        for block in hcl2.loads(team_policy(SPEC, SPEC.teams[0], "vault-aws-kit"))["path"]
        for path, rule in block.items()
    }
    assert paths == {
        "aws/creds/net": ["read", "update"],
        "aws/sts/net": ["read", "update"],
        "aws/creds/app": ["read", "update"],
        "aws/sts/app": ["read", "update"],
        "vault-aws-kit/data/prod/teams/web": ["read"],
        "vault-aws-kit/data/prod/teams/web/chunks/*": ["read"],
        "auth/token/lookup-self": ["read"],
        "auth/token/renew-self": ["update"],
        "auth/token/revoke-self": ["update"],
        "sys/leases/renew": ["update"],
        "sys/leases/lookup": ["update"],
        "sys/leases/revoke": ["update"],
        "sys/capabilities-self": ["update"],
    }


def test_the_catalog_tells_a_team_what_its_roles_are():
    entry = TeamEntry.from_json(team_entry(SPEC, SPEC.teams[0]).to_json())
    net, app = entry.roles
    assert (net.name, net.mount, net.type, net.max_ttl, net.account) == (
        "net",
        "aws",
        "assumed_role",
        3600,
        "111122223333",
    )
    assert (app.type, app.default_ttl, app.max_ttl, app.account) == ("iam_user", 900, 7200, "")
    assert entry.logins[0].role == "vak-prod-web"


def test_no_secret_is_in_what_a_plan_shows_or_in_a_repr():
    for resource in desired():
        assert "secret" not in str(resource.body().values())
        assert "secret_access_key" not in repr(resource)


def test_every_kind_comes_after_those_it_needs():
    actions = diff(desired(), {resource.key: None for resource in desired()}, {})
    order = [group[0].resource.kind for group in levels(actions)]
    for resource in desired():
        for needed in type(resource).after:
            assert needed not in order or order.index(needed) < order.index(resource.kind)


@pytest.mark.parametrize("hostile", ['a"} path "*" {', "a\\", "a\nb", "${x}", "é"])
def test_a_mounts_name_can_not_change_a_policys_structure(hostile):
    engine = Engine("main", hostile, "eu-west-1", None, Root())
    spec = Spec("prod", (engine,), (STS,), (Team("web", ("main/net",), ()),))
    blocks = hcl2.loads(team_policy(spec, spec.teams[0], "vault-aws-kit"))["path"]
    assert len(blocks) == 11
