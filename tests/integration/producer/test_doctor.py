"""`producer doctor`: silent on a sound estate, and each check fires on one that is broken in its way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import timedelta

import hvac
import pytest

from tests.integration.findings import Found
from vault_aws_kit import clock, errors

ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
READ_ONLY = {"read", "list", "help"}
QUESTIONS = {"sys/capabilities-self", "sys/leases/lookup"}  # asked with a POST, and changing nothing


@pytest.fixture
def content(content, unique, aws):
    """The small spec, with an AWS role that is there."""
    aws.client("iam").create_role(RoleName=f"net-{unique}", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=3600)
    content["roles"][0]["role_arns"] = [f"arn:aws:iam::{ACCOUNT}:role/net-{unique}"]
    return content


@pytest.fixture
def made(producer, content):
    """The estate as the spec says it."""
    done = producer("setup", "--yes")
    assert done.code == 0, done.err


@pytest.fixture
def doctor(producer):
    """Runs it, and gives what it found and how it ended."""

    def run(*argv):
        done = producer("doctor", "--format", "json", *argv)
        assert done.code in (0, errors.ChecksFailed.exit_code), done.err
        return Found(json.loads(done.out), done)

    return run


# ── soundness ────────────────────────────────────────────────────────────────────────────────────


def test_a_sound_estate_has_nothing_to_worry_about(made, doctor):
    found = doctor("--strict")
    assert found.bad() == []
    assert found.code == 0
    checks = ["Vault", "Capabilities", "Clocks", "Engines", "Root keys", "Lifetimes", "Policies", "What AWS has",
              "Freezes", "Plan"]  # fmt: skip
    assert list(dict.fromkeys(one["check"] for one in found.all)) == checks


def test_people_are_told_how_many_things_are_fine_and_not_which(made, producer):
    run = producer("doctor")
    assert run.code == 0, run.out
    assert "Engines: 1 fine\n" in run.out
    assert "fine.\n" in run.out.splitlines(keepends=True)[-1]
    assert "error" not in run.out


def test_it_changes_nothing(made, doctor, sent):
    sent.clear()
    doctor()
    writes = [one for one in sent if one.operation not in READ_ONLY and one.path not in QUESTIONS]
    assert sent
    assert writes == []


def test_an_estate_in_a_namespace_is_set_up_again_and_examined_as_any_other(producer, doctor, vault, unique):
    try:
        vault.write_data(f"sys/namespaces/{unique}", data={})
    except hvac.exceptions.VaultError:
        pytest.skip("this server has no namespaces")
    assert producer("setup", "--namespace", unique, "--yes").code == 0
    assert producer("setup", "--namespace", unique, "--yes").code == 0
    assert doctor("--namespace", unique).bad() == []
    vault.delete(f"sys/namespaces/{unique}")


# ── Vault and the token ──────────────────────────────────────────────────────────────────────────


def test_a_sealed_vault_is_an_error_and_what_depends_on_it_is_not_looked_at(sealed, doctor, monkeypatch):
    monkeypatch.setenv("VAULT_ADDR", sealed.vault_addr)
    monkeypatch.setenv("VAULT_TOKEN", sealed.vault_token)
    found = doctor()
    assert found.code == errors.ChecksFailed.exit_code
    assert "is sealed" in found.one("Vault", "error")["reason"]
    assert "vault operator unseal" in found.one("Vault", "error")["remedy"]
    for check in ("Capabilities", "Engines", "Lifetimes", "Plan"):
        assert "is sealed" in found.one(check, "skipped")["reason"]
    assert found.of("Policies", "ok")
    assert found.of("What AWS has", "ok")


def test_a_vault_that_does_not_answer_is_an_error_and_no_probe_is_tried(doctor, monkeypatch):
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    found = doctor("--probe")
    assert found.code == errors.ChecksFailed.exit_code
    assert "connection refused" in found.one("Vault", "error")["reason"]
    assert found.one("Probe", "skipped")


def test_a_token_that_vault_refuses_is_an_error(made, doctor, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "s.nothing")
    found = doctor()
    assert found.one("Vault", "error")["subject"] == "token"
    assert found.one("Capabilities", "skipped")


def test_each_capability_that_is_missing_is_named_and_only_those(made, doctor, producer, vault, unique, monkeypatch):
    policy = producer("acl").out.replace(f'"sys/leases/revoke-prefix/aws-{unique}/*"', '"sys/elsewhere/*"')
    vault.sys.create_or_update_policy(f"admin-{unique}", policy)
    token = vault.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True, no_parent=True)
    monkeypatch.setenv("VAULT_TOKEN", token["auth"]["client_token"])
    found = doctor()
    assert found.code == errors.ChecksFailed.exit_code
    lacking = f"The token lacks update, sudo on sys/leases/revoke-prefix/aws-{unique}/*."
    assert found.one("Capabilities", "error")["reason"] == lacking
    assert found.bad() == [found.one("Capabilities", "error")]


def test_the_printed_policy_is_enough_for_all_of_it(made, doctor, producer, vault, unique, monkeypatch):
    vault.sys.create_or_update_policy(f"admin-{unique}", producer("acl").out)
    token = vault.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True, no_parent=True)
    monkeypatch.setenv("VAULT_TOKEN", token["auth"]["client_token"])
    assert doctor().bad() == []


@pytest.mark.parametrize(("off", "severity"), [(120, "warning"), (-400, "error")])
def test_a_clock_of_vaults_that_is_wrong_is_seen(made, doctor, between, off, severity):
    def answered(path, answer):
        if not path.endswith("/sys/health"):
            return answer.status_code, answer.content
        told = answer.json()
        return answer.status_code, json.dumps({**told, "server_time_utc": told["server_time_utc"] + off}).encode()

    between.answered = answered
    found = doctor().one("Clocks", severity)
    assert found["subject"] == "Vault's clock"
    assert ("ahead of" if off > 0 else "behind") in found["reason"]


# ── engines and their keys ───────────────────────────────────────────────────────────────────────


def test_before_the_first_setup_the_engine_is_missing(doctor):
    found = doctor()
    assert found.code == errors.ChecksFailed.exit_code
    assert "Nothing is mounted" in found.one("Engines", "error")["reason"]
    assert found.of("Lifetimes", "error", "warning", "skipped", "ok") == []


def test_a_mount_of_another_type_is_an_error_and_is_asked_no_further(doctor, vault, unique):
    vault.sys.enable_secrets_engine("kv", path=f"aws-{unique}")
    found = doctor()
    assert "is of type kv, not aws" in found.one("Engines", "error")["reason"]
    assert found.of("Root keys", "error", "warning") == []


def test_a_field_that_the_engine_does_not_know_is_named(made, doctor, content, old_engine):
    content["roles"][0]["session_tags"] = {"team": "web"}
    assert "no field session_tags" in doctor().one("Engines", "error")["reason"]


def test_a_root_key_older_than_rotate_after_is_a_warning(made, doctor, content, monkeypatch):
    content["engines"][0]["root"] = {"rotate_after": "1d"}
    assert doctor().of("Root keys", "warning") == []
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert "the spec wants it replaced after 1d" in doctor().one("Root keys", "warning")["reason"]


@pytest.fixture
def own_root(as_admin, aws, unique, monkeypatch):
    """An IAM user of the test's own, whose key the engine is given."""
    iam = aws.client("iam")
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    return iam, key["AccessKeyId"]


def test_a_second_key_of_the_root_user_and_one_that_is_deactivated_are_seen(own_root, made, doctor, unique):
    iam, key = own_root
    assert doctor().bad() == []
    second = iam.create_access_key(UserName=unique)["AccessKey"]["AccessKeyId"]
    assert second in doctor().one("Root keys", "warning")["reason"]
    iam.update_access_key(UserName=unique, AccessKeyId=key, Status="Inactive")
    assert f"AWS has deactivated the key {key}" in doctor().one("Root keys", "error")["reason"]


def test_an_engine_that_lost_its_key_is_an_error(made, doctor, vault, unique):
    vault.write_data(f"aws-{unique}/config/root", data={"access_key": "", "secret_key": "", "region": "eu-west-1"})
    assert "Vault has no AWS key" in doctor().one("Root keys", "error")["reason"]


# ── lifetimes ────────────────────────────────────────────────────────────────────────────────────


def test_a_mount_that_was_tuned_down_cuts_leases_and_sessions(made, doctor, vault, unique):
    vault.sys.tune_mount_configuration(f"aws-{unique}", max_lease_ttl="20m")
    warned = {one["subject"]: one["reason"] for one in doctor().of("Lifetimes", "warning")}
    assert warned.keys() == {"main", "main/net"}
    assert "cuts it to 20m" in warned["main"]


def test_a_session_without_a_maximum_on_a_mount_under_15m_can_never_be_had(doctor, producer, content, vault, unique):
    content["roles"][0]["ttl"] = {"default": "30m"}
    assert producer("setup", "--yes").code == 0
    vault.sys.tune_mount_configuration(f"aws-{unique}", max_lease_ttl="10m")
    assert doctor().one("Lifetimes", "error")["subject"] == "main/net"


def test_a_login_whose_tokens_were_shortened_in_vault_kills_keys_mid_run(made, doctor, vault, unique):
    role = f"auth/approle-{unique}/role/vak-{unique}-web"
    vault.write_data(role, data={"token_ttl": "5m", "token_max_ttl": "2h"})
    assert "die with the token, after 5m" in doctor().one("Lifetimes", "warning")["reason"]


def test_so_does_an_auth_mount_that_allows_less_than_its_role(made, doctor, vault, unique):
    vault.sys.tune_auth_method(f"approle-{unique}", max_lease_ttl="10m")
    (warned,) = doctor().of("Lifetimes", "warning")
    assert "die with the token, after 10m" in warned["reason"]


def test_an_engine_without_a_key_may_be_a_role_itself_and_get_an_hour_at_most(doctor, producer, content, aws, unique):
    aws.client("iam").update_role(RoleName=f"net-{unique}", MaxSessionDuration=7200)
    content["engines"][0]["root"] = {"credentials": "keep"}
    content["roles"][0]["ttl"] = {"default": "1h", "max": "1h"}
    assert producer("setup", "--yes").code == 0
    assert doctor().bad() == []
    content["roles"][0]["ttl"] = {"default": "2h", "max": "2h"}
    assert producer("setup", "--yes").code == 0
    assert "role chaining" in doctor().one("Lifetimes", "warning")["reason"]


# ── policies and what AWS has ────────────────────────────────────────────────────────────────────


def test_a_policy_that_writes_to_every_resource_is_a_warning(made, doctor, content):
    statement = {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": "*"}
    content["roles"][1]["policy_document"] = {"Version": "2012-10-17", "Statement": [statement]}
    warned = doctor().one("Policies", "warning")
    assert (warned["subject"], "s3:PutObject" in warned["reason"]) == ("main/app", True)


def test_what_aws_does_not_know_is_an_error_each(made, doctor, content, unique):
    content["roles"][0]["role_arns"] = [f"arn:aws:iam::{ACCOUNT}:role/{unique}"]
    content["roles"][1] |= {
        "policy_arns": [f"arn:aws:iam::{ACCOUNT}:policy/{unique}", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "permissions_boundary": "arn:aws:iam::aws:policy/NoSuchPolicy",
        "groups": [unique],
    }
    content["roles"].append({"name": "old", "type": "static", "username": unique, "rotation_period": "24h"})
    found = doctor()
    assert [one["subject"] for one in found.of("What AWS has", "error")] == [
        f"role arn:aws:iam::{ACCOUNT}:role/{unique}",
        f"policy arn:aws:iam::{ACCOUNT}:policy/{unique}",
        "policy arn:aws:iam::aws:policy/NoSuchPolicy",
        f"group {unique}",
        f"user {unique}",
    ]
    assert [one["subject"] for one in found.of("What AWS has", "ok")] == [
        "policy arn:aws:iam::aws:policy/ReadOnlyAccess"
    ]


def test_what_is_there_is_found(made, doctor, content, aws, unique):
    iam = aws.client("iam")
    iam.create_group(GroupName=unique)
    iam.create_user(UserName=unique)
    arn = iam.create_policy(
        PolicyName=unique, Path="/a/", PolicyDocument=json.dumps(content["roles"][1]["policy_document"])
    )
    content["roles"][1] |= {"permissions_boundary": arn["Policy"]["Arn"], "groups": [unique]}
    content["roles"].append({"name": "old", "type": "static", "username": unique, "rotation_period": "24h"})
    found = doctor()
    assert found.of("What AWS has", "error", "skipped") == []
    assert len(found.of("What AWS has", "ok")) == 4


def test_a_role_that_allows_shorter_sessions_than_are_asked_for_is_an_error(made, doctor, content):
    content["roles"][0]["ttl"] = {"default": "2h", "max": "2h"}
    assert "It allows sessions of 1h" in doctor().one("What AWS has", "error")["reason"]


def test_a_role_of_another_account_is_not_looked_at_and_no_error(made, doctor, content):
    content["roles"][0]["role_arns"] = ["arn:aws:iam::444455556666:role/net"]
    found = doctor()
    assert found.one("What AWS has", "skipped")["subject"] == "account 444455556666"
    assert found.code == 0


def test_groups_of_an_engine_whose_account_is_not_this_one_are_not_looked_at(made, doctor, content, vault, unique):
    content["roles"][1]["groups"] = [unique]
    root = {"access_key": "AKIAOTHERACCOUNT1234", "secret_key": "x", "region": "eu-west-1"}
    vault.write_data(f"aws-{unique}/config/root", data=root)
    skipped = doctor().one("What AWS has", "skipped")
    assert skipped["subject"] == "an account that isn't known here"


def test_without_aws_credentials_the_rest_is_looked_at_all_the_same(made, doctor, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    found = doctor()
    assert found.code == 0
    assert "no AWS credentials" in found.one("What AWS has", "skipped")["reason"]
    assert [one["check"] for one in found.bad()] == ["What AWS has"]


# ── freezes and drift ────────────────────────────────────────────────────────────────────────────


def test_a_freeze_is_told_and_a_frozen_role_is_not_probed(made, doctor, producer, vault, unique):
    producer("revoke", "--role", "app", "--freeze", "--keep-sessions", "--yes")
    found = doctor("--probe")
    assert "`producer thaw`" in found.one("Freezes", "warning")["remedy"]
    assert "frozen" in found.one("Probe", "skipped")["reason"]
    assert [one["subject"] for one in found.of("Probe", "ok")] == ["main/net"]
    producer("thaw", "--role", "app", "--yes")
    assert doctor().of("Freezes", "warning") == []


def test_what_somebody_changed_in_vault_is_told_and_is_no_error(made, doctor, vault, unique):
    vault.write_data(f"aws-{unique}/config/lease", data={"lease": "10m", "lease_max": "1h"})
    found = doctor()
    drift, changes = found.of("Plan", "info")
    assert f"aws-{unique}/config/lease" in drift["reason"]
    assert "1 change " in changes["reason"]
    assert found.code == 0


def test_what_setup_would_refuse_is_an_error(doctor, vault, unique):
    vault.sys.enable_secrets_engine("aws", path=f"aws-{unique}")
    role = {"credential_type": "iam_user", "policy_arns": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    vault.write_data(f"aws-{unique}/roles/app", data=role)
    assert "not made from this spec" in doctor().one("Plan", "error")["reason"]


# ── the probe ────────────────────────────────────────────────────────────────────────────────────


def leases(vault, unique, role):
    found = vault.list(f"sys/leases/lookup/aws-{unique}/creds/{role}")
    return found["data"]["keys"] if found else []


def users(aws, role):
    pages = aws.client("iam").get_paginator("list_users").paginate()
    return [user["UserName"] for page in pages for user in page["Users"] if f"-{role}-" in user["UserName"]]


@pytest.fixture
def everything(content, aws, unique, made, producer):
    """The estate with a role of each kind that can be probed, and names that tell its IAM users."""
    iam = aws.client("iam")
    iam.create_user(UserName=unique)
    iam.create_role(RoleName=f"too-{unique}", AssumeRolePolicyDocument=TRUST)
    content["roles"][0]["role_arns"].append(f"arn:aws:iam::{ACCOUNT}:role/too-{unique}")
    content["roles"][1]["name"] = f"app{unique}"
    policy = content["roles"][1]["policy_document"]
    content["roles"] += [
        {"name": "fed", "type": "federation_token", "policy_document": policy, "ttl": {"default": "30m", "max": "1h"}},
        {"name": "ses", "type": "session_token", "ttl": {"default": "30m", "max": "1h"}},
        {"name": "old", "type": "static", "username": unique, "rotation_period": "24h"},
    ]
    done = producer("setup", "--yes")
    assert done.code == 0, done.err


def test_a_probe_gets_credentials_of_every_role_and_leaves_nothing_but_sessions(everything, doctor, vault, aws, unique):
    found = doctor("--probe")
    assert found.code == 0, found.bad()
    assert found.bad() == []
    net = [f"main/net (arn:aws:iam::{ACCOUNT}:role/{name}-{unique})" for name in ("net", "too")]
    probed = {one["subject"] for one in found.of("Probe", "ok")}
    assert probed == {*net, f"main/app{unique}", "main/fed", "main/ses", "main/old"}
    assert "4 that were made here live on until" in found.one("Probe", "info")["reason"]
    for role in ("net", f"app{unique}", "fed", "ses"):
        assert leases(vault, unique, role) == []
    assert users(aws, f"app{unique}") == []


def test_the_policy_for_probing_is_enough_for_it(everything, doctor, producer, vault, unique, monkeypatch):
    vault.sys.create_or_update_policy(f"admin-{unique}", producer("acl", "--probe").out)
    token = vault.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True, no_parent=True)
    monkeypatch.setenv("VAULT_TOKEN", token["auth"]["client_token"])
    found = doctor("--probe")
    assert found.bad() == []
    assert len(found.of("Probe", "ok")) == 6


def test_without_that_policy_each_role_says_so(made, doctor, producer, vault, unique, monkeypatch):
    vault.sys.create_or_update_policy(f"admin-{unique}", producer("acl").out)
    token = vault.auth.token.create(policies=[f"admin-{unique}"], no_default_policy=True, no_parent=True)
    monkeypatch.setenv("VAULT_TOKEN", token["auth"]["client_token"])
    found = doctor("--probe")
    assert found.of("Capabilities", "error")
    assert {one["remedy"] for one in found.of("Probe", "error")} == {
        "`producer acl --probe` prints the policy for this."
    }


def test_nothing_of_what_it_gets_is_ever_printed(everything, doctor, producer, between):
    secrets = []

    def answered(path, answer):
        data = answer.json().get("data") or {} if "creds/" in path and answer.ok else {}
        secrets.extend(str(value) for name, value in data.items() if name.endswith(("_key", "_token")) and value)
        return answer.status_code, answer.content

    between.answered = answered
    found = doctor("--probe")
    text = producer("doctor", "--probe")
    assert len(secrets) >= 2 * 6 * 2
    for said in (found.run.out, found.run.err, text.out, text.err):
        assert not any(secret in said for secret in secrets)


def test_awss_refusal_is_told_in_its_words_with_a_remedy(producer, doctor, content, vault, unique):
    content["roles"][1]["policy_arns"] = [f"arn:aws:iam::{ACCOUNT}:policy/{unique}"]
    assert producer("setup", "--yes").code == 0
    found = doctor("--probe")
    refused = found.one("Probe", "error")
    assert found.code == errors.ChecksFailed.exit_code
    assert "NoSuchEntity" in refused["reason"]
    assert f"policy/{unique}" in refused["reason"]
    assert refused["remedy"] == "Create what AWS doesn't know, or correct the spec."
    assert leases(vault, unique, "app") == []


def test_a_role_that_does_not_trust_vault_leads_to_trust(made, doctor, between):
    denied = "Error assuming role: AccessDenied: User: v is not authorized to perform: sts:AssumeRole on resource: net"

    def answered(path, answer):
        if path.endswith("/creds/net"):
            return 400, json.dumps(
                {"errors": [f"1 error occurred:\n\t* {denied}\n\tstatus code: 403, request id: 7\n"]}
            ).encode()
        return answer.status_code, answer.content

    between.answered = answered
    refused = doctor("--probe").one("Probe", "error")
    assert refused["reason"] == f"{denied}."
    assert "`producer trust --role main/net`" in refused["remedy"]


def test_a_lease_that_cannot_be_revoked_is_an_error_that_names_it(made, doctor, between, vault, unique):
    def answered(path, answer):
        failed = path.endswith("/sys/leases/revoke")
        return (500, b'{"errors":["disk full"]}') if failed else (answer.status_code, answer.content)

    def written(path, body):
        return b'{"lease_id":"none/x"}' if path.endswith("/sys/leases/revoke") else body

    between.answered, between.written = answered, written
    failed = {one["subject"]: one for one in doctor("--probe").of("Probe", "error")}
    (lease,) = leases(vault, unique, "app")
    assert failed["main/app"]["remedy"] == f"Revoke it by hand: `vault lease revoke aws-{unique}/creds/app/{lease}`."
    vault.sys.revoke_lease(f"aws-{unique}/creds/app/{lease}")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_stops_a_probe_however_often_leaves_no_lease_and_no_user(
    producer, content, between, vault, aws, unique, spec, tmp_path, how
):
    content["roles"] = [{**content["roles"][1], "name": f"{unique}-{number}"} for number in range(20)]
    assert producer("setup", "--yes").code == 0
    started = []

    def answered(path, answer):
        if "/creds/" in path:
            started.append(path)
            child.send_signal(how)  # the keys are made, and nobody knows of their lease yet; and again for each more
        return answer.status_code, answer.content

    between.answered = answered
    argv = ["doctor", "--probe", "--spec", str(spec(content)), "--catalog-mount", f"catalog-{unique}"]
    program = f"import sys; from producer.cli import main; sys.exit(main({argv!r}))"
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (130, ""), err
    assert 0 < len(started) < 20
    assert [lease for number in range(20) for lease in leases(vault, unique, f"{unique}-{number}")] == []
    assert users(aws, unique) == []
