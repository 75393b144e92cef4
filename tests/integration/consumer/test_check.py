"""`consumer check`: silent on a sound set-up, and each check fires on one that is broken in its way."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
from dataclasses import replace

import pytest

from consumer.check.examine import CHECKS, MANY
from tests.integration.findings import Found
from vault_aws_kit import errors
from vault_aws_kit.contract import RoleEntry

from .conftest import CONSUMER, NET, OTHER_NET, leases, until

TERRAFORM = '#!/bin/sh\necho \'{"terraform_version": "%s"}\'\n'


@pytest.fixture
def reach_aws(aws_environment, tmp_path, monkeypatch):
    """The way to AWS, without any credentials; and a Terraform that is new enough."""
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text(TERRAFORM % "1.12.0")
    program.chmod(0o755)
    for name, value in aws_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program


@pytest.fixture
def check(consumer, reach_aws):
    """Runs it, and gives what it found and how it ended."""

    def run(*argv):
        done = consumer("check", "--format", "json", *argv)
        assert done.code in (0, errors.ChecksFailed.exit_code), done.err
        return Found(json.loads(done.out), done)

    return run


# ── soundness ────────────────────────────────────────────────────────────────────────────────────


def test_a_sound_set_up_has_nothing_to_worry_about(as_team, consumer, check):
    assert consumer("render", "--role", "net", "--mode", "ephemeral", "--out", "provider.tf").code == 0
    found = check("--strict", "--duration", "10m")
    assert found.bad() == []
    assert found.code == 0
    assert list(dict.fromkeys(one["check"] for one in found.all)) == [check.title for check in CHECKS]


def test_people_are_told_how_many_things_are_fine_and_not_which(as_team, consumer, reach_aws):
    run = consumer("check", "--role", "net", "--duration", "10m")
    assert run.code == 0, run.out
    assert "Roles: 1 fine\n" in run.out
    assert "error" not in run.out


# ── the login ────────────────────────────────────────────────────────────────────────────────────


def test_a_token_that_vault_refuses_is_an_error_and_the_folder_is_looked_at_all_the_same(check, team, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "s.nothing")
    found = check()
    assert found.code == errors.ChecksFailed.exit_code
    assert "consumer login" in found.one("Login", "error")["remedy"]
    for title in ("Roles", "Credentials", "Lifetimes"):
        assert "refuses the token" in found.one(title, "skipped")["reason"]
    assert found.of("Versions", "ok")


def test_no_token_at_all_is_an_error(check, team):
    assert "No Vault token" in check().one("Login", "error")["reason"]


def test_a_vault_out_of_reach_is_an_error(check, team, monkeypatch):
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    monkeypatch.setenv("VAULT_TOKEN", "s.nothing")
    assert "connection refused" in check().one("Login", "error")["reason"]


def test_a_token_of_no_team_is_good_and_yet_leads_nowhere(check, team, admin, monkeypatch):
    token = admin.write("auth/token/create", {"policies": ["default"], "no_parent": True}).auth["client_token"]
    monkeypatch.setenv("VAULT_TOKEN", token)
    found = check()
    assert found.of("Login", "ok")[0]["subject"] == "token"
    assert found.one("Login", "error")["subject"] == "team"


def test_the_team_and_the_policies_are_told(check, as_team):
    token, team = check("--no-probe").of("Login", "ok")
    assert f"vak-{as_team.entry.spec}-pay" in token["reason"]
    assert team["reason"] == f"It is {as_team.entry.spec}/pay."


def test_it_logs_in_by_itself_where_it_can_and_then_no_token_is_too_short(check, team, monkeypatch):
    monkeypatch.setenv("VAULT_ROLE_ID", team.role_id)
    monkeypatch.setenv("VAULT_SECRET_ID", team.secret_id())
    monkeypatch.setenv("VAULT_AUTH_PATH", team.login.mount)
    team.tune(token_ttl="20m", token_max_ttl="40m")
    found = check("--role", "net")
    assert found.of("Login", "error") == []
    assert [one["subject"] for one in found.of("Lifetimes", "warning")] == ["net"]
    assert "log in again by themselves" in found.of("Lifetimes", "ok")[-1]["reason"]


# ── the roles ────────────────────────────────────────────────────────────────────────────────────


def test_a_role_that_the_policy_does_not_grant_is_an_error_and_the_others_are_none(check, as_team, roles):
    as_team.publish(*roles.values(), granted=(roles["net"], roles["nets"], roles["fed"]))
    found = check("--no-probe")
    assert found.code == errors.ChecksFailed.exit_code
    assert found.one("Roles", "error")["subject"] == "app"
    assert f"{roles['app'].mount}/creds/app" in found.one("Roles", "error")["reason"]
    assert {one["subject"] for one in found.of("Roles", "ok")} == {"net", "nets", "fed"}


def test_what_only_terraform_needs_is_a_warning_and_what_giving_back_needs_too(check, as_team, admin, roles, team):
    name = f"vak-{team.entry.spec}-pay"
    hcl = admin.read(f"sys/policies/acl/{name}")["policy"]
    hcl = hcl.replace(f'"{roles["net"].mount}/sts/net"', '"elsewhere"').replace('"sys/leases/revoke"', '"nowhere"')
    admin.write(f"sys/policies/acl/{name}", {"policy": hcl})
    warned = check("--no-probe").of("Roles", "warning")
    assert {one["subject"] for one in warned} == {"net", "leases"}


def test_a_role_that_is_not_offered_is_no_finding_but_a_mistake(consumer, as_team):
    assert consumer("check", "--role", "nett").code == errors.RoleUnknown.exit_code


# ── credentials ──────────────────────────────────────────────────────────────────────────────────


def test_each_role_is_proved_with_aws_and_every_lease_given_back(check, as_team, admin, roles):
    found = check()
    proved = {one["subject"]: one["reason"] for one in found.of("Credentials", "ok")}
    assert set(proved) == {"app", "net", f"nets ({NET})", f"nets ({OTHER_NET})", "fed"}
    assert ":assumed-role/net/" in proved["net"]
    assert "4 that were made here live on" in found.one("Credentials", "info")["reason"]
    assert [leases(admin, role.mount, name) for name, role in roles.items()] == [[]] * len(roles)


def test_one_role_alone_is_asked_for(check, as_team):
    assert [one["subject"] for one in check("--role", "app").of("Credentials", "ok", "error")] == ["app"]


def test_nobody_is_asked_without_a_probe_and_the_token_is_left_as_it_is(check, as_team, roles, caplog):
    caplog.set_level(logging.DEBUG, "vault_aws_kit")
    asked = (f"read {roles['app'].mount}/creds/app", "update auth/token/renew-self")
    found = check("--no-probe")
    assert found.one("Credentials", "skipped")["remedy"] == "Leave --no-probe out."
    assert not any(one in caplog.messages for one in asked)
    check()
    assert all(one in caplog.messages for one in asked)


def test_a_great_many_roles_are_asked_for_only_where_that_is_meant(check, as_team, roles):
    as_team.publish(*(replace(roles["app"], name=f"app-{number}") for number in range(MANY + 1)))
    found = check()
    assert "51 roles are offered" in found.one("Credentials", "skipped")["reason"]
    assert len(check("--team", "pay").of("Credentials", "error")) == MANY + 1


def test_what_aws_refuses_is_told_and_nothing_stays(check, as_team, roles, admin):
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    admin.write(f"{roles['app'].mount}/roles/broken", {"credential_type": "iam_user", "policy_arns": [missing]})
    as_team.publish(replace(roles["app"], name="broken"), roles["net"])
    found = check()
    assert found.one("Credentials", "error")["subject"] == "broken"
    assert "NoSuchEntity" in found.one("Credentials", "error")["reason"]
    assert [one["subject"] for one in found.of("Credentials", "ok")] == ["net"]


def test_an_account_that_is_not_the_catalogs_is_an_error(check, as_team, roles):
    elsewhere = replace(roles["net"], role_arns=("arn:aws:iam::999988887777:role/net",))
    as_team.publish(elsewhere)
    assert "999988887777" in check().one("Credentials", "error")["reason"]


def test_where_aws_is_out_of_reach_nothing_is_known_and_the_lease_is_given_back(
    check, as_team, admin, roles, monkeypatch
):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    found = check("--role", "app")
    assert "whether they work is not known" in found.one("Credentials", "skipped")["reason"]
    assert leases(admin, roles["app"].mount, "app") == []


def test_credentials_that_cannot_be_given_back_are_an_error(check, as_team, admin, team):
    name = f"vak-{team.entry.spec}-pay"
    hcl = admin.read(f"sys/policies/acl/{name}")["policy"].replace('"sys/leases/revoke"', '"nowhere"')
    admin.write(f"sys/policies/acl/{name}", {"policy": hcl})
    left = check("--role", "app").one("Credentials", "error")
    assert "was not revoked" in left["reason"]
    assert "vault lease revoke" in left["remedy"]


def test_a_static_role_is_only_read(check, as_team, admin, aws, stack, unique, roles):
    iam = aws.client("iam")
    iam.create_user(UserName=f"legacy-{unique}")
    mount = roles["app"].mount
    admin.write(f"{mount}/static-roles/legacy", {"username": f"legacy-{unique}", "rotation_period": "24h"})
    key = admin.read(f"{mount}/static-creds/legacy")["access_key"]
    as_team.publish(RoleEntry("legacy", "main", mount, "static", "eu-west-1", 0, 0))
    found = check()
    assert f"user/legacy-{unique}" in found.one("Credentials", "ok")["reason"]
    assert found.of("Lifetimes", "warning") == []
    assert admin.read(f"{mount}/static-creds/legacy")["access_key"] == key


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_it_finds_no_lease_left(as_team, way, admin, roles, aws_environment, number):
    """The signal comes while Vault's answer is on its way: the lease is there, and nobody has it yet."""
    process = subprocess.Popen(
        [*CONSUMER, "check", "--role", "app", "--catalog-mount", as_team.catalog_mount],
        env={**os.environ, **aws_environment, "VAULT_ADDR": way.address},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert way.asked.wait(60)
    assert until(lambda: leases(admin, roles["app"].mount, "app"), "lease")
    process.send_signal(number)
    way.answer.set()
    _, said = process.communicate(timeout=60)
    assert process.returncode == errors.INTERRUPTED, said
    assert leases(admin, roles["app"].mount, "app") == []


# ── lifetimes ────────────────────────────────────────────────────────────────────────────────────


def test_what_breaks_first_is_told_first_with_when_and_what_to_do(check, as_team):
    warned = check().of("Lifetimes", "warning")
    assert [one["subject"] for one in warned] == ["app", "net", "fed", "nets"]
    assert "On a run of 3h it breaks first, after 15m: Vault deletes its key with its lease" in warned[0]["reason"]
    assert "consumer exec --role app --refresh" in warned[0]["remedy"]
    assert "breaks after 30m: its session ends" in next(one for one in warned if one["subject"] == "net")["reason"]


def test_a_short_run_outlives_nothing(check, as_team):
    assert check("--no-probe", "--duration", "10m").of("Lifetimes", "warning", "info") == []


def test_a_token_that_reaches_its_maximum_is_what_breaks(check, team, consumer_home, monkeypatch):
    team.tune(token_ttl="20m", token_max_ttl="40m")
    monkeypatch.setenv("VAULT_TOKEN", team.token())
    told = next(one for one in check().of("Lifetimes", "warning") if one["subject"] == "token")
    assert "your Vault token ends, however often it is renewed" in told["reason"]
    assert "after 39m" in told["reason"] or "after 40m" in told["reason"]
    assert "token_max_ttl" in told["remedy"]


def test_a_token_that_can_be_renewed_for_as_long_is_fine_and_asked_for_that_long(
    check, team, consumer_home, monkeypatch
):
    team.tune(token_ttl="20m", token_max_ttl="8h")
    monkeypatch.setenv("VAULT_TOKEN", team.token())
    found = check()
    assert [one for one in found.of("Lifetimes", "warning", "info") if one["subject"] == "token"] == []
    assert found.of("Lifetimes", "ok")[-1]["reason"] == "`exec` and `serve` renew it for that long."


def test_how_far_a_token_can_be_renewed_is_not_known_without_a_probe(check, team, consumer_home, monkeypatch):
    team.tune(token_ttl="20m", token_max_ttl="8h")
    monkeypatch.setenv("VAULT_TOKEN", team.token())
    assert "not known" in check("--no-probe").one("Lifetimes", "info")["reason"]


def test_the_lease_that_vault_gives_counts_and_not_what_the_catalog_says(check, as_team, roles, admin):
    admin.write(f"{roles['app'].mount}/config/lease", {"lease": "5m", "lease_max": "5m"})
    assert "after 5m" in check("--role", "app").one("Lifetimes", "warning")["reason"]


# ── the folder ───────────────────────────────────────────────────────────────────────────────────


def test_what_was_rendered_for_a_role_that_is_gone_is_stale(check, consumer, as_team, roles):
    assert consumer("render", "--role", "net", "--mode", "ephemeral", "--out", "provider.tf").code == 0
    as_team.publish(roles["app"])
    stale = check("--no-probe").one("Rendered files", "error")
    assert stale["subject"] == "ephemeral.vault_aws_access_credentials.net"
    assert "consumer render" in stale["remedy"]


@pytest.mark.parametrize(("shape", "file"), [("hcl", "provider.tf"), ("json", "provider.tf.json")])
def test_what_was_rendered_and_changed_by_hand_is_a_warning(check, consumer, as_team, tmp_path, shape, file):
    form = ("--format", "json") if shape == "json" else ()
    assert consumer("render", "--role", "net", "--mode", "ephemeral", *form, "--out", file).code == 0
    assert check("--no-probe").of("Rendered files", "warning", "error") == []
    path = tmp_path / file
    path.write_text(path.read_text().replace("eu-west-1", "eu-north-1"))
    assert check("--no-probe").one("Rendered files", "warning")["subject"] == file


def test_versions_that_are_too_old_for_what_was_rendered_are_errors(check, consumer, as_team, tmp_path, reach_aws):
    assert consumer("render", "--role", "net", "--mode", "ephemeral", "--out", "provider.tf").code == 0
    reach_aws.write_text(TERRAFORM % "1.5.7")
    assert "Terraform 1.5.7 is older than 1.11" in check("--no-probe").one("Versions", "error")["reason"]
    reach_aws.write_text(TERRAFORM % "1.12.0")
    lock = 'provider "registry.terraform.io/hashicorp/vault" {\n  version = "4.2.0"\n}\n'
    (tmp_path / ".terraform.lock.hcl").write_text(lock)
    assert "locks vault provider 4.2.0" in check("--no-probe").one("Versions", "error")["reason"]


def test_another_folder_can_be_looked_at(check, as_team, tmp_path):
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "main.tf").write_text('provider "aws" {\n  access_key = "mock"\n}\n')
    assert check("--no-probe").of("Keys in files", "error") == []
    assert check("--no-probe", "--folder", "live").one("Keys in files", "error")["subject"] == "provider.aws.access_key"


def test_keys_of_this_shell_would_win_over_a_provider_without_any(check, consumer, as_team, monkeypatch):
    assert consumer("render", "--role", "net", "--mode", "env", "--out", "provider.tf").code == 0
    assert check("--no-probe").of("Environment", "warning", "info") == []
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7CANARY1")
    warned = check("--no-probe").one("Environment", "warning")
    assert "provider.aws would take the credentials of AWS_ACCESS_KEY_ID" in warned["reason"]
    assert "unset AWS_ACCESS_KEY_ID" in warned["remedy"]


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────


def test_no_secret_is_ever_shown(consumer, as_team, reach_aws, tmp_path, monkeypatch, caplog, sent_secrets):
    caplog.set_level(logging.DEBUG)
    secret, key, state = "c4n4rySECRET/abcdefghijklmnopqrstuvwx123"[:40], "AKIACANARYCANARY0001", "state-canary-1"
    (tmp_path / "terraform.tfvars").write_text(f'secret = "{secret}"\nkey = "{key}"\n')
    (tmp_path / "main.tf").write_text('provider "aws" {\n  secret_key = "mock-canary"\n}\n')
    resource = {
        "mode": "data", "type": "vault_aws_access_credentials", "name": "net",
        "instances": [{"attributes": {"secret_key": state}}],
    }  # fmt: skip
    (tmp_path / "terraform.tfstate").write_text(json.dumps({"version": 4, "resources": [resource]}))
    monkeypatch.setenv("TF_VAR_key", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    for form in ("text", "json"):
        run = consumer("check", "--format", form)
        assert run.code == errors.ChecksFailed.exit_code
        for place in (
            "terraform.tfvars:1",
            "provider.aws.secret_key",
            "data.vault_aws_access_credentials.net",
            "TF_VAR_key",
        ):
            assert place in run.out
        assert len(sent_secrets) >= 8
        for canary in (secret, key, state, "mock-canary", os.environ["VAULT_TOKEN"], *sent_secrets):
            assert canary not in run.out + run.err + caplog.text


@pytest.fixture
def sent_secrets(monkeypatch):
    """Every secret that Vault gave, as it came."""
    from consumer.check import probing

    given: list[str] = []
    issue = probing.issue

    def noted(*args):
        credentials = issue(*args)
        given.extend(filter(None, (credentials.secret_access_key, credentials.session_token)))
        return credentials

    monkeypatch.setattr(probing, "issue", noted)
    return given
