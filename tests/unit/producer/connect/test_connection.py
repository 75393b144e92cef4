"""Whom a connection lets in, what it is called, and what becomes of it when the spec changes."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from producer.connect.connection import connected, dangling
from producer.connect.record import _connection
from producer.connect.variables import VaultFacts, certificates, variables
from vault_aws_kit.errors import SettingsInvalid
from vault_aws_kit.hcp import is_switch

from .specs import ARN, PAY, SPEC, connection

HERE = VaultFacts("https://vault.example.com:8200")


def test_a_run_must_say_equal_what_it_is_and_nothing_is_a_glob():
    (login,) = connection("web", project="Pay*", workspace_ids=("ws-1",), project_id="prj-1").logins()
    assert login.role["bound_claims_type"] == "string"
    assert login.role["bound_claims"] == {
        "terraform_organization_name": ["acme"],
        "terraform_project_name": ["Pay*"],
        "terraform_project_id": ["prj-1"],
        "terraform_workspace_name": ["web"],
        "terraform_workspace_id": ["ws-1"],
    }
    assert login.role["bound_audiences"] == ["vault.workload.identity"]


def test_phases_with_roles_of_their_own_log_in_apart():
    plan, apply = connection(plan="main/reader").logins()
    assert (plan.roles, apply.roles) == (("main/reader",), ("main/net",))
    assert [one.role["bound_claims"]["terraform_run_phase"] for one in (plan, apply)] == [["plan"], ["apply"]]
    assert plan.name != apply.name


def test_no_two_sets_of_variables_have_one_login():
    alike = [connection("web-a"), connection("web_a"), connection("Web-A"), connection("x", varset="web-a"),
             connection("web-a", host="tfe.example.com")]  # fmt: skip
    names = {login.name for one in alike for login in one.logins()}
    assert len(names) == len(alike)
    assert all(name == name.lower() for name in names)


def test_the_order_of_variables_turns_nothing_on_too_early():
    keys = variables(SPEC, connection(), HERE)
    assert [key for key in keys if is_switch(key)] == ["TFC_VAULT_PROVIDER_AUTH", "TFC_VAULT_BACKED_AWS_AUTH"]


def test_the_variables_of_a_split_run_name_a_role_for_each_phase():
    found = variables(SPEC, connection(plan="main/reader"), HERE)
    assert found["TFC_VAULT_BACKED_AWS_PLAN_VAULT_ROLE"] == "reader"
    assert found["TFC_VAULT_BACKED_AWS_APPLY_VAULT_ROLE"] == "net"
    assert found["TFC_VAULT_BACKED_AWS_RUN_ROLE_ARN"] == ARN
    assert found["TFC_VAULT_PLAN_ROLE"].endswith("-plan")


def test_a_private_ca_and_a_namespace_are_told_as_agents_take_them():
    found = variables(SPEC, connection(), VaultFacts("https://v", "team/a", "PEM\n"))
    assert (found["TFC_VAULT_ENCODED_CACERT"], found["TFC_VAULT_NAMESPACE"]) == ("UEVNCg==", "team/a")


def test_an_iam_users_key_is_waited_for():
    found = variables(SPEC, connection(plan="main/app", apply="main/app"), HERE)
    assert found["TFC_VAULT_BACKED_AWS_SLEEP_SECONDS"] == "15"
    assert "TFC_VAULT_BACKED_AWS_RUN_ROLE_ARN" not in found


def test_a_connection_whose_team_lost_the_role_lets_nobody_in_and_says_so():
    poorer = replace(SPEC, teams=(replace(PAY, roles=("main/app",)),))
    assert connected(poorer, [connection()]).teams[0].logins == ()
    assert list(dangling(poorer, [connection()])) == [
        "acme/web is connected with main/net, which team 'pay' no longer has: connect it with others, or disconnect it."
    ]
    (told,) = dangling(replace(SPEC, teams=()), [connection()])
    assert told.startswith("acme/web is connected for team 'pay', which the spec no longer has")
    assert not list(dangling(SPEC, [connection()]))


def test_a_record_is_read_as_it_was_written():
    one = connection("web", config={"bound_issuer": "https://app.terraform.io"}, workspace_ids=("ws-1",))
    assert _connection(asdict(one)) == one


def test_of_a_file_with_a_ca_nothing_but_certificates_is_told():
    one = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"
    assert certificates(f"{key}\n# ours\n{one}\n{one}\n", "ca.pem") == f"{one}\n{one}\n"
    with pytest.raises(SettingsInvalid, match=r"ca\.pem holds no certificate"):
        certificates(key, "ca.pem")
